import ProjectHost
import Sessions

/// What is known of whoever sends a request: the grades of DESIGN's table, strongest first.
enum CallerGrade: String, Hashable, Sendable, CaseIterable {
  /// The server's own machine and account: its unix socket, or loopback TCP with a proof.
  case sameMachine
  /// The unix socket, with a member of the socket's group at the other end.
  case socketGroup
  /// A session in development mode.
  case development
  /// A session that only reads.
  case remote
  /// A connection that proves nothing; a loopback address is no proof.
  case anonymous
}

/// Who sends a request: what the connection proves, and the session that its bearer token names.
struct Caller: Hashable, Sendable {
  let connection: CallerGrade
  let session: OpenSession?

  /// A session adds to what its connection may do and takes nothing away.
  var grades: Set<CallerGrade> {
    guard let session else { return [connection] }
    return [connection, session.isDeveloper ? .development : .remote]
  }

  var isSameMachine: Bool { connection == .sameMachine }

  /// The caller's word in journals.
  var author: String { session?.id.text ?? connection.rawValue }
}
