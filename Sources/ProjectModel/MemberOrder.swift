/// The order of a bundle's members: parents first, the files of a folder before its sub-folders,
/// and inside a folder by the raw bytes of the name.
///
/// A folder and everything below it are neighbours in this order.
package enum MemberOrder {
  /// Whether `left` comes strictly before `right`.
  package static func precedes(
    _ left: ProjectPath,
    isFolder leftIsFolder: Bool,
    _ right: ProjectPath,
    isFolder rightIsFolder: Bool
  ) -> Bool {
    compare(left, isFolder: leftIsFolder, right, isFolder: rightIsFolder) < 0
  }

  /// Less than, equal to or greater than 0, as `left` comes before, is, or comes after `right`.
  package static func compare(
    _ left: ProjectPath,
    isFolder leftIsFolder: Bool,
    _ right: ProjectPath,
    isFolder rightIsFolder: Bool
  ) -> Int {
    let (a, b) = (left.bytes, right.bytes)
    let shorter = min(a.count, b.count)
    var common = 0
    while common < shorter, a[common] == b[common] { common += 1 }
    // Up to here both are in the same folder, so what counts is what each is in that folder.
    let leftDescends = leftIsFolder || a[common...].contains(separator)
    let rightDescends = rightIsFolder || b[common...].contains(separator)
    if leftDescends != rightDescends { return leftDescends ? 1 : -1 }
    let order = rank(a, common) - rank(b, common)
    // The same name: one is the parent of the other, and is the shorter one.
    return order == 0 ? a.count - b.count : order
  }

  private static let separator = UInt8(ascii: "/")

  /// A name ends at a separator, and a name that ends comes before one that goes on.
  private static func rank(_ bytes: [UInt8], _ index: Int) -> Int {
    guard index < bytes.count, bytes[index] != separator else { return -1 }
    return Int(bytes[index])
  }
}
