import Bundler
import ProjectModel
import Sessions
import SyncProtocol

/// Decides who comes in: the one place where a caller is recognised and held against a resource.
struct Admission: Sendable {
  let project: any ServedProject
  let sessions: OpenSessions
  let roster: StreamRoster
  /// Whether clients off loopback are let in only while the Designer has a password.
  let needsPassword: Bool
  /// Whether there is one user, on the same machine, and no clients.
  let isStandalone: Bool
  /// Of a merged application: nobody else's clients get in.
  let pairings: Pairings?
  let inFlight = RequestsInFlight()
  let downloads = Downloads()

  /// Recognises the caller of a request and lets it in, or says why not.
  func admit(
    _ connection: ConnectionIdentity,
    authorization: String?,
    to access: Access,
    path: String,
    isWrite: Bool
  ) throws(ProblemDetails) -> Caller {
    // The password that the start asked for may be gone by now: nobody is let in by that.
    if needsPassword, connection.isFromNetwork, path != Route.hello, !project.designerHasPassword {
      throw ProblemDetails(
        .authenticationRequired,
        detail: "The Designer has no password any more, so this server lets nobody in from other "
          + "machines: set one, or start it with --allow-anonymous."
      )
    }
    let (session, hook) = try bearer(of: authorization, on: connection, access)
    let caller = Caller(connection: connection.grade, session: session.map(current), hook: hook)
    // A hook's work is no matter of who is let in, and a client that it opens is.
    let isIn = caller.isSameMachine || caller.hook != nil && access != .everyone
    guard !roster.isStarting || isIn || path == Route.hello else {
      throw ProblemDetails(
        .building,
        detail: "The server is starting and lets nobody in yet; ask again in a moment."
      )
    }
    let isProtected = project.designerHasPassword || pairings != nil
    let admitted = access.admits(isProtected: isProtected)
    guard caller.grades.isDisjoint(with: admitted) else { return caller }
    if let pairings, session == nil, access == .clients { throw pairings.refusal }
    let named = ServedResource.name(of: path)
    throw access.refusal(of: caller, path: named, isWrite: isWrite)
  }

  /// Whether the session is good for a project that asks for passwords now.
  func isKnown(_ session: OpenSession) -> Bool {
    session.proof != .none || !project.designerHasPassword
  }

  /// The session as its user's rights are now: who was taken out of the group develops no more.
  private func current(_ session: OpenSession) -> OpenSession {
    guard session.isDeveloper, session.proof != .machine, !project.mayDevelop(session.userName)
    else { return session }
    return session.withoutDevelopment()
  }

  /// Refuses a client's session where the server's one user has his own: to his programs too, which
  /// work in that one.
  ///
  /// - Throws: `not-accepting`.
  func checkSessions() throws(ProblemDetails) {
    guard isStandalone else { return }
    throw ProblemDetails(
      .notAccepting,
      detail:
        "This server is for one user on its own machine, whose session is open from the start: "
        + "it takes no clients."
    )
  }

  /// Refuses a client that is new here while nobody new is let in.
  ///
  /// - Throws: `not-accepting`.
  func checkNew(_ caller: Caller) throws(ProblemDetails) {
    guard caller.session == nil, !caller.isSameMachine else { return }
    try checkSessions()
    guard !roster.acceptsNew else { return }
    var problem = ProblemDetails(
      .notAccepting,
      detail: "This server takes no new clients at the moment; try again later."
    )
    problem.retryAfter = 30
    throw problem
  }

  /// Refuses a session to whoever is not paired, or whose version the server does not take.
  ///
  /// - Throws: `pairing-required`, `version-refused`.
  func checkPairing(_ caller: Caller, token: String?) throws(ProblemDetails) {
    guard let pairings, !caller.isSameMachine else { return }
    let version = try pairings.version(showing: token)
    let versions = pairings.application.versions
    guard !versions.accept(version) else { return }
    throw ProblemDetails(
      .versionRefused,
      detail: "This is version \(version) of \(pairings.application.name), and its server takes "
        + "\(versions.words): update the client."
    )
  }

  /// Whom a bearer token names: a client's session, or a hook and the session that it acts for.
  private func bearer(
    of authorization: String?,
    on connection: ConnectionIdentity,
    _ access: Access
  ) throws(ProblemDetails) -> (OpenSession?, hook: ProcessReference?) {
    guard let authorization else { return (nil, nil) }
    if let token = Self.bearer(authorization).map({ SHA256.digest(of: Array($0.utf8)) }) {
      if let session = sessions.touch(token), isKnown(session) { return (session, nil) }
      // Hooks run on this machine: from another one their secret is somebody else's.
      if !connection.isFromNetwork, let hook = sessions.process(showing: token) {
        return (nil, hook)
      }
    }
    // Where nothing is asked for, a session that has ended hinders nobody from opening another.
    if access == .everyone { return (nil, nil) }
    throw ProblemDetails(
      .authenticationRequired,
      detail: "No open session and no running hook has this bearer token: a client opens a new "
        + "session with POST \(Route.sessions)."
    )
  }

  private static func bearer(_ field: String) -> Substring? {
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= 128 else {
      return nil
    }
    return parts[1]
  }
}
