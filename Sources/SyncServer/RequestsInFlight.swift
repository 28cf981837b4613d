import Sessions
import SyncProtocol
import Synchronization

/// How many requests of each session are being answered at the moment.
final class RequestsInFlight: Sendable {
  /// A client that asks for more at once gets 429.
  static let mostOfSession = 8

  private let counts = Mutex<[SessionID: Int]>([:])

  /// Takes a place, which `leave` gives back.
  ///
  /// - Throws: `too-many` when the session has none left.
  func enter(_ session: SessionID) throws(ProblemDetails) {
    let isIn = counts.withLock { counts in
      let count = counts[session, default: 0]
      guard count < Self.mostOfSession else { return false }
      counts[session] = count + 1
      return true
    }
    guard !isIn else { return }
    var problem = ProblemDetails(
      .tooMany,
      detail: "The session has \(Self.mostOfSession) requests under way: wait for one of them."
    )
    problem.retryAfter = 1
    throw problem
  }

  func leave(_ session: SessionID) {
    counts.withLock { counts in
      guard let count = counts[session] else { return }
      counts[session] = count > 1 ? count - 1 : nil
    }
  }
}
