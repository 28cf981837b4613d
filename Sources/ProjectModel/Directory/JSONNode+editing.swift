/// Edits in the layout that is there: a new line looks like its neighbour.
extension JSONNode {
  /// Puts a member or element at a place; those behind it move on.
  ///
  /// - Parameters:
  ///   - value: a new value.
  ///   - key: the member's key, `nil` in an array.
  ///   - index: the place, at most the number of items.
  ///   - unit: one step of the file's indent, for the first item of an empty value.
  func insert(_ value: JSONNode, key: String?, at index: Int, unit: ArraySlice<UInt8>) {
    let neighbour = items.last
    let leading: ArraySlice<UInt8>
    if let neighbour {
      let line = Self.lineStart(of: neighbour.leading)
      leading = line.isEmpty ? neighbour.leading : line
    } else {
      leading = indent.isEmpty ? [] : indent + unit
      closing = indent
    }
    value.indent = Self.lineStart(of: leading)
    let colon = key == nil ? [] : neighbour?.colon ?? [UInt8(ascii: ":"), UInt8(ascii: " ")]
    let item = Item(
      leading: leading,
      key: key.map { JSONNode(string: $0) },
      colon: colon,
      value: value
    )
    items.insert(item, at: index)
  }

  func append(_ value: JSONNode, key: String? = nil, unit: ArraySlice<UInt8>) {
    insert(value, key: key, at: items.count, unit: unit)
  }

  func remove(at index: Int) {
    // On one line the first item's space belongs to the bracket.
    if index == 0, items.count > 1 { items[1].leading = items[0].leading }
    items.remove(at: index)
    if items.isEmpty { closing = [] }
  }

  func removeAll(where condition: (Item) -> Bool) {
    for index in items.indices.reversed() where condition(items[index]) { remove(at: index) }
  }

  /// The part of a space that begins with its last line break; empty when it has none.
  static func lineStart(of space: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let newline = space.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let before = newline - 1
    let hasReturn = before >= space.startIndex && space[before] == UInt8(ascii: "\r")
    return space[(hasReturn ? before : newline)...]
  }
}
