import Synchronization

/// How the start's hook ended, between its task and the server's own.
final class StartupResult: Sendable {
  private let failure = Mutex<ServerError?>(nil)

  func failed(_ error: ServerError) { failure.withLock { $0 = error } }

  /// - Throws: what the start failed with.
  func check() throws(ServerError) { if let error = failure.withLock({ $0 }) { throw error } }
}
