package import ProjectModel

/// Decides which generations stay, and in which form.
package struct KeepPlan: Sendable {
  package struct Item: Sendable {
    package let digest: Digest
    /// Whether the whole file is there.
    package let isWhole: Bool
    /// What it takes on the disk, in bytes.
    package let size: UInt64
    package let isPinned: Bool

    package init(digest: Digest, isWhole: Bool, size: UInt64, isPinned: Bool) {
      self.digest = digest
      self.isWhole = isWhole
      self.size = size
      self.isPinned = isPinned
    }
  }

  package enum Action: Sendable, Hashable {
    /// Keep of the whole file only what newer generations lack.
    case makePast(Digest)
    case forget(Digest)
  }

  static let wholeFiles = 2
  static let generations = 8
  private let bytes: UInt64

  package init(bytes: UInt64) { self.bytes = bytes }

  /// What to do next with these generations, the oldest first; `nil` when all is as it should be.
  package func next(_ items: [Item]) -> Action? {
    let whole = items.filter(\.isWhole)
    if whole.count > Self.wholeFiles { return .makePast(whole[0].digest) }
    let surplus = items.dropLast(Self.generations)
    if let item = surplus.first(where: { !$0.isPinned && !$0.isWhole }) {
      return .forget(item.digest)
    }
    guard items.reduce(0, { $0 + $1.size }) > bytes else { return nil }
    if whole.count > 1, whole.reduce(0, { $0 + $1.size }) > bytes {
      return .makePast(whole[0].digest)
    }
    // Beyond the budget no pin helps; the newest bundle stays whatever its size.
    return items.first { !$0.isWhole }.map { .forget($0.digest) }
  }
}
