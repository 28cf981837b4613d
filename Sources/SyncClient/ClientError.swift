package import SyncProtocol

/// Why a client could not do what it was asked.
package struct ClientError: Error, Hashable, Sendable {
  /// The kinds, closed; a command maps them to its exit status.
  package enum Code: Hashable, Sendable {
    /// Nobody listens there.
    case noServer
    /// The server answers with a refusal.
    case refused
    /// Who runs the server sent this client away.
    case dropped
    /// The connection broke, or what came over it is not the protocol.
    case connection
    /// What was downloaded is not what was promised.
    case verification
    /// The local file cannot be written.
    case localFile
    /// The server cannot show that it is the one that is meant.
    case untrusted
  }

  package let code: Code
  /// One sentence: what, where, what to do.
  package let message: String
  /// The server's own words, where it refused.
  package let problem: ProblemDetails?

  package init(_ code: Code, _ message: String, problem: ProblemDetails? = nil) {
    self.code = code
    self.message = message
    self.problem = problem
  }
}

extension ClientError: CustomStringConvertible {
  package var description: String { message }
}
