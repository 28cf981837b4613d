/// Who asks something of a session, as far as it has been proven.
package enum SessionCaller: Hashable, Sendable {
  /// A program with the same-machine proof: it acts for any session.
  case server
  /// A lifecycle hook, acting for a session.
  case hook(SessionID)
  /// A client with the bearer token of this session.
  case remote(SessionID)
  /// A web request whose cookie or passcode led to this session.
  case web(SessionID)
  /// Somebody who has proven nothing.
  case anonymous

  /// Server-side code, in 4D's words.
  package var isServerSide: Bool {
    switch self {
    case .server, .hook: true
    case .remote, .web, .anonymous: false
    }
  }
}
