import Bundler
import ProjectModel
import Sessions
import Synchronization

/// The client sessions of a running server, reachable from event loops and tasks alike.
final class SessionDesk: Sendable {
  private struct State {
    var table: SessionTable
    var attempts = AttemptLimiter()
  }

  private let state: Mutex<State>
  private let clock = ContinuousClock()

  init(grace: Duration) { state = Mutex(State(table: SessionTable(grace: grace))) }

  var sessions: [OpenSession] { state.withLock { $0.table.sessions } }

  var count: Int { state.withLock { $0.table.count } }

  /// Opens a session.
  ///
  /// - Returns: its bearer token, which is nowhere else; `nil` when there are too many sessions.
  func open(_ session: OpenSession) -> String? {
    let token = RandomText.hex(bytes: 16)
    let hash = SHA256.digest(of: Array(token.utf8))
    return state.withLock { $0.table.open(session, token: hash, at: clock.now) } ? token : nil
  }

  func touch(_ token: Digest) -> OpenSession? {
    state.withLock { $0.table.touch(token, at: clock.now) }
  }

  func useBegan(_ id: SessionID) { state.withLock { $0.table.useBegan(id) } }

  func useEnded(_ id: SessionID) { state.withLock { $0.table.useEnded(id, at: clock.now) } }

  func promote(_ id: SessionID) -> OpenSession? { state.withLock { $0.table.promote(id) } }

  func close(_ id: SessionID) -> OpenSession? {
    state.withLock { $0.table.close(id, at: clock.now) }
  }

  func expire() -> [OpenSession] { state.withLock { $0.table.expire(at: clock.now) } }

  /// Begins an attempt with a password; a time to wait means that it may not go on.
  func beginAttempt(_ keys: [String]) -> Duration? {
    state.withLock { $0.attempts.begin(keys, at: clock.now) }
  }

  /// Forgets the user's failures, for the password was right.
  ///
  /// The address keeps its failures with other users.
  func attemptSucceeded(user: String, address: String) {
    state.withLock { state in
      state.attempts.succeeded([user])
      state.attempts.withdraw([address])
    }
  }

  /// The password was never looked at.
  func attemptWithdrawn(_ keys: [String]) { state.withLock { $0.attempts.withdraw(keys) } }
}
