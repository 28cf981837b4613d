import Bundler
package import ProjectModel
package import SyncProtocol

/// Keeps a local bundle in step with a server.
package struct BundleFollower: Sendable {
  /// What happens meanwhile, for whoever shows it.
  package enum Step: Sendable {
    case connected(project: String)
    /// The local file is the current generation already.
    case upToDate(GenerationRecord)
    case notice(ReconnectRequired)
    case progress(received: UInt64, size: UInt64)
    /// The local file is the new generation; `received` bytes came for it, by a delta or whole.
    case updated(GenerationRecord, took: Duration, received: UInt64, isDelta: Bool)
    case degraded([Problem])
    case recovered
    case draining
    case message(String)
    case lost(ClientError, retryIn: Duration)
  }

  /// Milliseconds; a server that asks for more is not believed.
  private static let longestSpread = 600_000

  private let server: ServerConnection
  private let target: String
  private let login: SessionRequest?
  private let updated: @Sendable (GenerationRecord) async -> Void
  private let report: @Sendable (Step) -> Void

  /// Prepares to follow a server.
  ///
  /// - Parameters:
  ///   - server: where it is.
  ///   - target: the file to keep.
  ///   - login: what to open a session with; without it the server must let everybody in.
  ///   - updated: awaited after each new file.
  ///   - report: told what happens.
  package init(
    _ server: ServerConnection,
    target: String,
    login: SessionRequest? = nil,
    updated: @escaping @Sendable (GenerationRecord) async -> Void = { _ in },
    report: @escaping @Sendable (Step) -> Void
  ) {
    self.server = server
    self.target = target
    self.login = login
    self.updated = updated
    self.report = report
  }

  /// The server, in a session where there is a login.
  private func opened() async throws -> ServerConnection {
    guard let login else { return server }
    guard let token = try await server.openSession(login).token else {
      throw ClientError(.connection, "\(server.endpoint) opens a session without a token.")
    }
    return server.inSession(token)
  }

  /// Brings the local file to the current generation once.
  ///
  /// - Throws: `ClientError`; the local file is then as it was.
  package func fetchOnce() async throws {
    report(.connected(project: try await server.hello().project))
    let connection = try await opened()
    var local = LocalBundle(at: target)
    do {
      try await update(to: connection.currentGeneration(), on: connection, local: &local)
    } catch {
      if login != nil { try? await connection.closeSession() }
      throw error
    }
    // The server ends a session that nobody uses by itself, a little later.
    if login != nil { try? await connection.closeSession() }
  }

  /// Follows the events until cancelled; connection losses are waited out.
  ///
  /// - Throws: `ClientError` when nobody answers the first time, or when the local file cannot be
  ///   written or what came is not what was promised: waiting would not mend these.
  package func follow() async throws {
    var local = LocalBundle(at: target)
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    var wasConnected = false
    var connection: ServerConnection?
    while !Task.isCancelled {
      do {
        let live: ServerConnection
        if let connection { live = connection } else { live = try await opened() }
        connection = live
        try await followStream(on: live, local: &local) {
          wasConnected = true
          backoff.reset()
        }
      } catch let error as ClientError where wasConnected && error.code.isTransient {
        if error.problem?.problemType == .authenticationRequired {
          // The session has ended; a login that is refused now is refused for good.
          guard login != nil, connection != nil else { throw error }
          connection = nil
        }
        let wait = backoff.next(using: &random)
        report(.lost(error, retryIn: wait))
        try await Task.sleep(for: wait)
      }
    }
  }

  private func followStream(
    on connection: ServerConnection,
    local: inout LocalBundle,
    connected: () -> Void
  ) async throws {
    try await connection.events { event in
      if case .ready = event { connected() }
      try await handle(event, on: connection, local: &local)
    }
  }

  private func handle(
    _ event: ServerEvent,
    on connection: ServerConnection,
    local: inout LocalBundle
  ) async throws {
    switch event {
    case .ready(let ready):
      report(.connected(project: ready.project))
      if let record = ready.generation {
        try await update(to: record, on: connection, local: &local)
      }
    case .reconnectRequired(let notice):
      report(.notice(notice))
      // Nobody waits at this client: all of them at once would be a herd.
      let spread = UInt64(max(0, min(notice.spreadMs, Self.longestSpread)))
      if spread > 0 { try await Task.sleep(for: .milliseconds(UInt64.random(in: 0...spread))) }
      if let record = notice.record { try await update(to: record, on: connection, local: &local) }
    case .build(let build):
      report(build.state == .degraded ? .degraded(build.problems) : .recovered)
    case .drain: report(.draining)
    case .message(let message): report(.message(message.text))
    case .session:
      // Coming back by itself would undo what somebody wanted.
      throw ClientError(.dropped, "The server dropped this client; connect again when it may.")
    case .bookmark, .catalog, .directory, .reset: break
    }
  }

  /// A newer generation may replace this one at any moment; its notice follows on the stream.
  private func update(
    to record: GenerationRecord,
    on connection: ServerConnection,
    local: inout LocalBundle
  ) async throws {
    guard record.digest != local.digest else { return report(.upToDate(record)) }
    let clock = ContinuousClock()
    let began = clock.now
    let progress: @Sendable (UInt64, UInt64) -> Void = { report(.progress(received: $0, size: $1)) }
    if let (file, received) = try await updateByDelta(
      to: record,
      on: connection,
      local: &local,
      progress
    ) {
      local.replaced(by: file)
      let took = clock.now - began
      report(.updated(record, took: took, received: received, isDelta: true))
      return await updated(record)
    }
    do {
      let (file, received) = try await BundleDownload(connection: connection, target: target)
        .run(record, progress: progress)
      local.replaced(by: file)
      let took = clock.now - began
      report(.updated(record, took: took, received: received, isDelta: false))
      await updated(record)
    } catch let error as ClientError
      where error.problem?.problemType == .notFound || error.problem?.problemType == .trimmed
    {
      return
    }
  }

  /// - Returns: `nil` where no delta leads from the local file to the generation.
  private func updateByDelta(
    to record: GenerationRecord,
    on connection: ServerConnection,
    local: inout LocalBundle,
    _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws -> (file: BundleFile, received: UInt64)? {
    guard let base = local.file else { return nil }
    // A zlib that packs in another way needs the packed members.
    for form in [DeltaForm.content, .packed] {
      if local.delta?.to != record.digest || local.delta?.form != form {
        local.delta = PartialDelta(from: base, to: record.digest, form: form, path: target)
      }
      guard let delta = local.delta else { return nil }
      do {
        return try await DeltaDownload(connection: connection, delta: delta).run(progress: progress)
      } catch let error as DeltaDownload.Useless {
        local.delta = nil
        if error.isBaseDamaged { local.lost() }
        guard error.mayBePacked else { return nil }
      }
    }
    return nil
  }
}

extension ClientError.Code {
  /// Whether trying again later may help.
  fileprivate var isTransient: Bool { self == .noServer || self == .connection || self == .refused }
}
