import NIOCore
import Synchronization

/// What a connection has proven so far; its gate and its router share it.
final class ConnectionIdentity: Sendable {
  /// Failed proofs after which a connection is closed.
  static let mostFailures = 3

  private struct State {
    var grade: CallerGrade
    var challenge: String?
    var failures = 0
  }

  /// The addresses of both ends as the server's kernel has them.
  let local: SocketAddress?
  let remote: SocketAddress?
  /// Whether it came in on an address that other machines reach, from wherever it came.
  let isFromNetwork: Bool
  private let state: Mutex<State>

  init(
    _ grade: CallerGrade,
    local: SocketAddress?,
    remote: SocketAddress?,
    isFromNetwork: Bool = false
  ) {
    self.local = local
    self.remote = remote
    self.isFromNetwork = isFromNetwork
    state = Mutex(State(grade: grade))
  }

  var grade: CallerGrade { state.withLock { $0.grade } }

  /// Whether the answer under way is the last one on this connection.
  var isSpent: Bool { state.withLock { $0.failures >= Self.mostFailures } }

  /// Who is at the other end, for slowing down those who guess.
  var peer: String { remote?.ipAddress ?? "socket" }

  /// Sets the challenge that the next proof has to answer; an earlier one is void.
  func challenge(with nonce: String) { state.withLock { $0.challenge = nonce } }

  /// Takes the challenge: it is good for one proof.
  func takeChallenge() -> String? {
    state.withLock { state in
      defer { state.challenge = nil }
      return state.challenge
    }
  }

  func proven() { state.withLock { $0.grade = .sameMachine } }

  func failed() { state.withLock { $0.failures += 1 } }
}
