import SyncClient
import Synchronization

/// What has happened on a visit so far.
final class ClientCourse: Sendable {
  private let connected = Mutex(false)

  /// Whether the server has had this client as its own.
  var wasConnected: Bool { connected.withLock(\.self) }

  func note(_ step: BundleFollower.Step) {
    if case .connected = step { connected.withLock { $0 = true } }
  }
}
