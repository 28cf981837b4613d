import Synchronization

/// How many chunks all bundles together may keep.
final class ChunkRoom: Sendable {
  /// 32 MB of chunks.
  private static let most = 128

  private let count = Atomic(0)

  /// Takes a place, if there is one.
  func enter() -> Bool {
    let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
    if before < Self.most { return true }
    leave(1)
    return false
  }

  func leave(_ number: Int) { count.wrappingSubtract(number, ordering: .relaxed) }
}
