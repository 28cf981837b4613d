import HTTPTypes
import Hummingbird
import NIOPosix
import ProjectHost
import ProjectModel
import Sessions
import SyncProtocol

/// Client sessions: opening, reading, closing, and the way into development mode.
struct SessionRoutes: Sendable {
  private static let longestText = 255

  let project: any ServedProject
  let sessions: OpenSessions
  let challenges: DevelopmentChallenges
  let admission: Admission
  let ends: SessionEnds
  let hooks: ServerHooks?
  /// The name of the server's own account: who works on its machine.
  let accountName: String
  /// Between two signs of life on a stream.
  let heartbeat: Duration

  var endpoints: [Endpoint] {
    [
      Endpoint(
        path: Route.sessions,
        access: .everyone,
        methods: [
          .post: { request, context in try await open(request, context) }
        ]
      ),
      Endpoint(
        path: Route.ownSession,
        access: .session,
        methods: [
          .get: { _, context in try await read(context.caller) },
          .delete: { _, context in await close(context.caller) },
        ]
      ),
      Endpoint(
        path: Route.ownSleep,
        access: .session,
        methods: [.post: { _, context in try await fallAsleep(context.caller) }]
      ),
      Endpoint(
        path: Route.ownGeneration,
        access: .session,
        methods: [.put: { request, context in try await moveOn(request, context.caller) }]
      ),
      Endpoint(
        path: Route.ownDevelopment,
        access: .session,
        methods: [.post: { _, context in try await develop(context.caller) }]
      ),
    ]
  }

  // MARK: Opening

  private func open(_ request: Request, _ context: CallContext) async throws -> Response {
    let order = try await request.json(
      SessionRequest.self,
      empty: SessionRequest(),
      shape: "\"client\", \"machineName\", \"systemUserName\", \"user\", \"password\" as text "
        + "and \"development\" as true or false"
    )
    try Self.check(order)
    let api = try Self.api(for: order)
    try admission.checkSessions()
    try admission.checkNew(context.caller)
    try admission.checkPairing(context.caller, token: request.pairingToken)
    let isSameMachine = context.caller.isSameMachine
    let user =
      isSameMachine
      ? AuthenticatedUser(name: order.user ?? accountName, mayDevelop: true)
      : try await user(of: order, context.connection)
    let asks = order.development == true && !isSameMachine
    guard !asks || !project.isReadOnly else { throw Self.nothingToDevelop }
    guard user.mayDevelop || !asks else { throw Self.notADeveloper }
    let pinned =
      if let current = project.current() { await pin(current) } else { nil as PinnedGeneration? }
    let session = OpenSession(
      id: sessions.newID(),
      userName: user.name,
      machineName: order.machineName ?? "",
      systemUserName: order.systemUserName ?? "",
      client: order.client,
      api: api,
      generation: pinned,
      since: SystemSessionClock().wall.text,
      proof: isSameMachine ? .machine : project.designerHasPassword ? .password : .none,
      isDeveloper: isSameMachine && !project.isReadOnly,
      address: isSameMachine ? "localhost" : context.connection.peer,
      hostType: order.hostType,
      persistentID: order.persistentID
    )
    let token: String
    do throws(SessionRefusal) {
      token = try sessions.open(session)
    } catch {
      if let pinned { await project.unpin(pinned.digest) }
      throw ProblemDetails(error)
    }
    do throws(ProblemDetails) {
      // The client itself is the session's first connection.
      try await hooks?.opening(session, process: SessionProcess.clientNumber)
    } catch {
      await ends.close(session.id)
      throw error
    }
    let challenge = asks ? challenges.issue(for: session.id.text, at: ContinuousClock().now) : nil
    let caller = Caller(connection: context.connection.grade, session: session)
    // The hook may have taken its time.
    let opened = await upToDate(session)
    var response = try Response(
      json: await state(of: opened, caller, token: token, challenge: challenge),
      status: .created
    )
    response.headers[.location] = Route.ownSession
    return response
  }

  // MARK: The generation that a session stays on

  /// Keeps a generation for a session; `nil` when it is not here any more.
  private func pin(_ record: GenerationRecord) async -> PinnedGeneration? {
    guard await project.pin(record.digest) else { return nil }
    return PinnedGeneration(id: record.id, digest: record.digest)
  }

  /// The session on the generation that is current now.
  private func upToDate(_ session: OpenSession) async -> OpenSession {
    guard let current = project.current(), current.digest != session.generation?.digest else {
      return session
    }
    return await stay(session, on: current) ?? session
  }

  /// Moves a session to another generation and lets go of the one before.
  ///
  /// - Returns: `nil` when the generation is not here any more, or the session has ended.
  private func stay(_ session: OpenSession, on record: GenerationRecord) async -> OpenSession? {
    guard let pinned = await pin(record) else { return nil }
    guard let before = sessions.stay(session.id, on: pinned) else {
      await project.unpin(pinned.digest)
      return nil
    }
    if let left = before.generation { await project.unpin(left.digest) }
    return before.staying(on: pinned)
  }

  /// The client has brought another generation to its side without opening a new session.
  private func moveOn(_ request: Request, _ caller: Caller) async throws -> Response {
    let session = try own(caller)
    let order = try await request.json(StayRequest.self, shape: "\"generation\" as \"E:G\"")
    guard let id = GenerationID(order.generation) else {
      throw ProblemDetails(.badRequest, detail: "A generation is named EPOCH:GEN.")
    }
    let record = try await project.generation(id)
    guard let moved = await stay(session, on: record) else {
      throw ProblemDetails(
        .trimmed,
        detail: "Generation \(id) is no longer kept; get the current one."
      )
    }
    return try Response(json: await state(of: moved, caller, token: nil, challenge: nil))
  }

  /// The record of a session's generation, as long as it is kept.
  private func generation(of session: OpenSession) async -> GenerationRecord? {
    guard let pinned = session.generation else { return project.current() }
    guard let id = GenerationID(pinned.id) else { return nil }
    return try? await project.generation(id)
  }

  // MARK: Who opens one

  /// Who a client on another machine or account is.
  private func user(
    of order: SessionRequest,
    _ connection: ConnectionIdentity
  ) async throws(ProblemDetails) -> AuthenticatedUser {
    // As in 4D: without a password of the Designer everybody is the Designer (4d-domain §6.4). The
    // development mode needs somebody who has shown who he is.
    guard project.designerHasPassword else {
      return AuthenticatedUser(name: "Designer", mayDevelop: false)
    }
    guard let name = order.user, let password = order.password else {
      throw ProblemDetails(
        .authenticationRequired,
        detail: "This project asks for a user and a password."
      )
    }
    let (addressKey, userKey) = ("address " + connection.peer, "user " + name)
    if let wait = sessions.beginAttempt([addressKey, userKey]) {
      throw tooMany(
        "Too many attempts with a wrong password; wait before the next one.",
        after: max(1, Int((wait / .seconds(1)).rounded(.up)))
      )
    }
    do {
      let user = try await project.authenticate(user: name, password: password)
      sessions.attemptSucceeded(user: userKey, address: addressKey)
      return user
    } catch {
      if error.problemType != .authenticationRequired {
        sessions.attemptWithdrawn([addressKey, userKey])
      }
      throw error
    }
  }

  private static func check(_ order: SessionRequest) throws(ProblemDetails) {
    let texts = [
      order.client, order.machineName, order.systemUserName, order.user, order.password,
      order.hostType, order.persistentID,
    ]
    for text in texts.compactMap(\.self) {
      guard text.utf8.count <= longestText, !text.hasControls else {
        throw ProblemDetails(
          .badRequest,
          detail: "The texts of a session have at most \(longestText) bytes "
            + "and no control characters."
        )
      }
    }
  }

  /// The highest version that both sides speak.
  private static func api(for order: SessionRequest) throws(ProblemDetails) -> Int {
    let own = Hello.supportedAPI
    let theirs = order.api ?? .init(min: 1, max: 1)
    let common = min(own.max, theirs.max)
    guard theirs.min <= theirs.max, common >= max(own.min, theirs.min) else {
      throw ProblemDetails(
        .apiUnsupported,
        detail: "This server speaks the versions \(own.min) to \(own.max) of the API, the client "
          + "\(theirs.min) to \(theirs.max): use a \(theirs.min > own.max ? "newer server" : "newer client")."
      )
    }
    return common
  }

  private func tooMany(_ sentence: String, after seconds: Int) -> ProblemDetails {
    var problem = ProblemDetails(.tooMany, detail: sentence)
    problem.retryAfter = seconds
    return problem
  }

  private static let nothingToDevelop = ProblemDetails(
    .developmentModeRefused,
    detail:
      "The project is served from its archive, which is only read: develop the project itself, "
      + "and build the archive again."
  )

  private static let notADeveloper = ProblemDetails(
    .developmentModeRefused,
    detail:
      "The development mode is for users with a password in the project's design access group."
  )

  // MARK: The caller's own

  private func read(_ caller: Caller) async throws -> Response {
    try Response(json: await state(of: try own(caller), caller, token: nil, challenge: nil))
  }

  private func close(_ caller: Caller) async -> Response {
    if let session = caller.session { await ends.close(session.id) }
    return Response(status: .noContent)
  }

  /// The client's machine goes to sleep: the session waits for it (4d-domain §7.3).
  private func fallAsleep(_ caller: Caller) async throws -> Response {
    let session = try own(caller)
    try await refusing { () throws(SessionRefusal) in try sessions.fallAsleep(session.id) }
    return Response(status: .noContent)
  }

  private func develop(_ caller: Caller) async throws -> Response {
    let session = try own(caller)
    guard !session.isDeveloper else { return try await read(caller) }
    // A project on a network share may keep its reader waiting.
    let isMet = try await NIOThreadPool.singleton.runIfActive { [challenges] in
      challenges.isMet(by: session.id.text, at: ContinuousClock().now)
    }
    guard isMet, let promoted = sessions.promote(session.id)
    else {
      throw ProblemDetails(
        .developmentModeRefused,
        detail: "The named file was not there in time with the nonce in it; "
          + "open a new session for another challenge."
      )
    }
    return try Response(json: await state(of: promoted, caller, token: nil, challenge: nil))
  }

  private func own(_ caller: Caller) throws(ProblemDetails) -> OpenSession {
    if let session = caller.session { return session }
    throw Access.session.refusal(of: caller, path: Route.ownSession, isWrite: false)
  }

  private func state(
    of session: OpenSession,
    _ caller: Caller,
    token: String?,
    challenge: DevelopmentChallenge?
  ) async -> ClientSession {
    ClientSession(
      id: session.id.text,
      api: session.api,
      token: token,
      mode: session.isDeveloper ? .development : .remote,
      userName: session.userName,
      heartbeatMs: Int(heartbeat / .milliseconds(1)),
      generation: await generation(of: session),
      revisions: await project.revisions(),
      // Only who is on this machine can use the paths, and nobody else learns them.
      folders: caller.isSameMachine ? project.folders : nil,
      components: caller.isSameMachine ? .own : .server,
      challenge: challenge
    )
  }
}
