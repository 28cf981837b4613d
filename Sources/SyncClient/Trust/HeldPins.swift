import SyncProtocol
import Synchronization

/// Keys that servers have shown and that are not pinned yet: each server keeps to its first one.
final class HeldPins: Sendable {
  private let keys = Mutex<[ServerAddress: String]>([:])

  var all: [ServerAddress: String] { keys.withLock { $0 } }

  /// Whether a server's key is its first one, or the same again.
  func take(_ fingerprint: String, of address: ServerAddress) -> Bool {
    keys.withLock { keys in
      let first = keys[address] ?? fingerprint
      keys[address] = first
      return first == fingerprint
    }
  }
}
