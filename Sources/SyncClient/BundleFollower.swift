package import ProjectModel
package import SyncProtocol

/// Keeps a local bundle in step with a server.
package struct BundleFollower: Sendable {
  /// What happens meanwhile, for whoever shows it.
  package enum Step: Sendable {
    case connected(project: String)
    /// The session may write into the project folder.
    case developing
    /// The local file is the current generation already.
    case upToDate(GenerationRecord)
    case notice(ReconnectRequired)
    /// Another client fetches the same into the same file.
    case waiting
    case progress(received: UInt64, size: UInt64)
    /// The local file is the new generation; `received` bytes came for it, by a delta or whole.
    case updated(GenerationRecord, took: Duration, received: UInt64, isDelta: Bool)
    case degraded([Problem])
    case recovered
    case draining
    case message(String)
    case lost(ClientError, retryIn: Duration)
    /// The server is found again under another address.
    case moved(ServerAddress)
  }

  /// Which server is followed, and into which file.
  package struct Plan: Sendable {
    package let server: ServerConnection
    /// What it said of itself: another server at its address is not followed.
    package let identity: Hello
    package let target: String
    /// What to open a session with; without it the server must let everybody in.
    package var login: ClientLogin?
    /// Asked when nobody answers: where the server is now, if it can be found again.
    package var whereabouts: @Sendable () async -> ServerAddress? = { nil }
    /// Awaited after each new file.
    package var updated: @Sendable (GenerationRecord) async -> Void = { _ in }

    /// A paired server lets nobody in without a session.
    var ownLogin: ClientLogin? {
      login ?? server.pairing.map { _ in ClientLogin(SessionRequest(api: Hello.supportedAPI)) }
    }

    package init(_ server: ServerConnection, _ identity: Hello, target: String) {
      self.server = server
      self.identity = identity
      self.target = target
    }
  }

  /// Milliseconds; a server that asks for more is not believed.
  private static let longestSpread = 600_000

  private let plan: Plan
  private let report: @Sendable (Step) -> Void

  /// Prepares to follow a server; `report` is told what happens.
  package init(_ plan: Plan, report: @escaping @Sendable (Step) -> Void) {
    self.plan = plan
    self.report = report
  }

  /// Brings the local file to the current generation once.
  ///
  /// - Throws: `ClientError`; the local file is then as it was.
  package func fetchOnce() async throws {
    report(.connected(project: plan.identity.project))
    let connection = try await opened(on: plan.server)
    var updater = BundleUpdater(plan.target)
    do {
      try await update(&updater, to: connection.currentGeneration(), on: connection)
    } catch {
      if plan.ownLogin != nil { try? await connection.closeSession() }
      throw error
    }
    // The server ends a session that nobody uses by itself, a little later.
    if plan.ownLogin != nil { try? await connection.closeSession() }
  }

  /// Follows the events until cancelled; connection losses are waited out.
  ///
  /// - Throws: `ClientError` when nobody answers the first time, or when the local file cannot be
  ///   written or what came is not what was promised: waiting would not mend these.
  package func follow() async throws {
    var updater = BundleUpdater(plan.target)
    var visit = Visit()
    var server = plan.server
    var session: ServerConnection?
    while !Task.isCancelled {
      do {
        let live: ServerConnection
        if let session { live = session } else { live = try await opened(on: server) }
        session = live
        try await followStream(on: live, &updater, &visit)
      } catch let error as ClientError where visit.maySurvive(error) || server.hasMoved {
        // Another version of this client is wanted: waiting makes none of it.
        if error.problem?.problemType == .versionRefused { throw error }
        if error.problem?.problemType == .authenticationRequired {
          // The session has ended; a login that is refused now is refused for good.
          guard plan.ownLogin != nil, session != nil else { throw error }
          session = nil
          // A server that has started anew knows none of its clients, and was waited for already.
          if visit.mayReopenAtOnce() { continue }
        }
        let wait = visit.nextWait()
        report(.lost(error, retryIn: wait))
        try await Task.sleep(for: wait)
        guard let found = await place(instead: server, after: error.code) else { continue }
        server = found
        session = nil
      }
    }
  }

  // MARK: Connecting

  /// The server, in a session where there is a login.
  private func opened(on server: ServerConnection) async throws -> ServerConnection {
    guard let login = plan.ownLogin else { return server }
    // A password is for the one server that it belongs to.
    try check(try await server.hello().serverID, on: server)
    let (connection, session) = try await server.open(login)
    if login.projectFolder != nil, session.mode == .development { report(.developing) }
    return connection
  }

  private func check(_ serverID: String, on server: ServerConnection) throws(ClientError) {
    guard serverID != plan.identity.serverID else { return }
    throw ClientError(
      .refused,
      "Another server answers at \(server.endpoint) than the one of \(plan.identity.project); "
        + "if that is meant, connect anew."
    )
  }

  /// Where to try next, when that is somewhere else.
  private func place(
    instead server: ServerConnection,
    after code: ClientError.Code
  ) async -> ServerConnection? {
    if code == .connection { return nil }
    // Whoever says that he is the server and is not must not keep the way back.
    guard code != .untrusted, let address = await plan.whereabouts() else {
      return server.hasMoved ? plan.server : nil
    }
    guard case .tcp(let current) = server.endpoint, address != current else { return nil }
    report(.moved(address))
    return try? plan.server.moved(to: address)
  }

  // MARK: Events

  private func followStream(
    on connection: ServerConnection,
    _ updater: inout BundleUpdater,
    _ visit: inout Visit
  ) async throws {
    let inbox = EventInbox()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await connection.events { await inbox.put($0) }
          await inbox.close(.success(()))
        } catch {
          await inbox.close(.failure(error))
        }
      }
      defer { group.cancelAll() }
      while let event = try await inbox.next() {
        if case .ready(let ready) = event {
          try check(ready.serverID, on: connection)
          visit.began()
        }
        try await handle(event, on: connection, &updater, &visit, inbox)
      }
    }
  }

  private func handle(
    _ event: ServerEvent,
    on connection: ServerConnection,
    _ updater: inout BundleUpdater,
    _ visit: inout Visit,
    _ inbox: EventInbox
  ) async throws {
    switch event {
    case .ready(let ready):
      report(.connected(project: ready.project))
      if let record = ready.generation { try await update(&updater, to: record, on: connection) }
    case .reconnectRequired(let first):
      report(.notice(first))
      // Nobody waits at this client: all of them at once would be a herd.
      let spread = updater.hasBase ? first.deltaSpreadMs : first.spreadMs
      try await Task.sleep(for: Self.moment(within: spread))
      let newer = await inbox.newerNotice()
      if let newer { report(.notice(newer)) }
      if let record = (newer ?? first).record {
        try await update(&updater, to: record, on: connection)
      }
    case .build(let build):
      report(build.state == .degraded ? .degraded(build.problems) : .recovered)
    case .drain(let drain):
      report(.draining)
      visit.pause =
        .milliseconds(Self.believable(drain.reconnectAfterMs)) + Self.moment(within: drain.spreadMs)
    case .message(let message): report(.message(message.text))
    case .session:
      // Coming back by itself would undo what somebody wanted.
      throw ClientError(.dropped, "The server dropped this client; connect again when it may.")
    case .bookmark, .catalog, .directory, .reset, .storage, .privileges: break
    }
  }

  private static func moment(within milliseconds: Int) -> Duration {
    .milliseconds(Int.random(in: 0...believable(milliseconds)))
  }

  private static func believable(_ milliseconds: Int) -> Int {
    max(0, min(milliseconds, longestSpread))
  }

  private func update(
    _ updater: inout BundleUpdater,
    to record: GenerationRecord,
    on connection: ServerConnection
  ) async throws {
    let clock = ContinuousClock()
    let began = clock.now
    let outcome = try await updater.update(to: record, on: connection, report: report)
    let took = clock.now - began
    switch outcome {
    case .upToDate: report(.upToDate(record))
    case .updated(let received, let isDelta):
      // An older server knows no other way than a new session; it keeps more than it needs to.
      if plan.ownLogin != nil { try? await connection.stay(on: record) }
      report(.updated(record, took: took, received: received, isDelta: isDelta))
      await plan.updated(record)
    case .gone: break
    }
  }
}
