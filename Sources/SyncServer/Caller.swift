import ProjectHost
import Sessions

/// What is known of whoever sends a request: the grades of DESIGN's table, strongest first.
enum CallerGrade: String, Hashable, Sendable, CaseIterable {
  /// The server's own machine and account: its unix socket, or loopback TCP with a proof.
  case sameMachine
  /// A lifecycle hook that shows its pass.
  case hook
  /// The unix socket, with a member of the socket's group at the other end.
  case socketGroup
  /// A session in development mode.
  case development
  /// A session that only reads.
  case remote
  /// A connection that proves nothing; a loopback address is no proof.
  case anonymous
}

/// Who sends a request: what the connection proves, and whom its bearer token names.
struct Caller: Hashable, Sendable {
  let connection: CallerGrade
  /// The session that the caller is the client of.
  let session: OpenSession?
  /// The hook that the caller is, or whose pass it shows.
  let hook: ProcessReference?

  init(connection: CallerGrade, session: OpenSession? = nil, hook: ProcessReference? = nil) {
    self.connection = connection
    self.session = session
    self.hook = hook
  }

  /// A token adds to what its connection may do and takes nothing away.
  var grades: Set<CallerGrade> {
    var grades: Set = [connection]
    if let session { grades.insert(session.isDeveloper ? .development : .remote) }
    if hook != nil { grades.insert(.hook) }
    return grades
  }

  /// The session that the caller calls its own.
  var ownSession: SessionID? { session?.id ?? hook?.session }

  var isSameMachine: Bool { connection == .sameMachine }

  /// The caller's word in journals.
  var author: String { session?.id.text ?? connection.rawValue }
}
