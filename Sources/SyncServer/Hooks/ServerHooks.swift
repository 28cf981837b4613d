package import Logging
package import Sessions
import SyncProtocol

/// The operator's hooks at their moments: the start and the end of the server, and each connection
/// of a session exactly once at its beginning and at its end.
package actor ServerHooks {
  private struct Connection {
    let process: ProcessNumber
    let variables: [String: String]
  }

  /// At a shutdown: 20 s for what is closing and 8 s or more for the last hook, 30 s all together,
  /// with two seconds each for what does not end by itself.
  private static let closingLimit = Duration.seconds(18)
  private static let shutdownLimit = Duration.seconds(28)

  private let runner: HookRunner
  private let sessions: OpenSessions
  private let common: [String: String]
  private let timeout: Duration
  private let logger: Logger
  private var open: [SessionID: [Connection]] = [:]
  /// Connections of kept sessions that ended with the server before this one, unheard.
  private var left: [(session: SessionID, connection: Connection)] = []
  /// The closing hooks under way: whoever ends a session does not wait for them, or a slow one would
  /// hold up the end of others and the events that lead to it.
  private var closing: [Int: Task<Void, Never>] = [:]
  private var lastClosing = 0
  /// Closing hooks that the limit of a shutdown has ended, or kept from being run.
  private var dropped = 0

  /// - Parameters:
  ///   - folder: where the hooks are.
  ///   - timeout: how long each may take.
  ///   - sessions: in which each hook is a process while it runs.
  ///   - variables: what every hook finds in its environment.
  ///   - logger: gets what they print.
  package init(
    _ folder: HookFolder,
    timeout: Duration,
    sessions: OpenSessions,
    variables: [String: String],
    logger: Logger
  ) {
    runner = HookRunner(folder, timeout: timeout, logger: logger)
    self.sessions = sessions
    common = variables
    self.timeout = timeout
    self.logger = logger
  }

  /// Runs the start's hook.
  ///
  /// - Throws: `ServerError` with code `startupRefused` when it does not end with status 0.
  func startup() async throws(ServerError) {
    let outcome = await run(.serverStartup, in: nil, [:])
    guard outcome != .absent, outcome != .ended(0) else { return }
    throw ServerError(
      .startupRefused,
      "The hook \(HookName.serverStartup.rawValue) \(Self.words(outcome)), so nothing is served: "
        + "its output is in the log."
    )
  }

  /// Takes over what an earlier server's hooks had accepted: the clients of kept sessions, and
  /// connections that nobody has told the end of.
  func resume(_ sessions: [ResumedSession]) {
    for resumed in sessions {
      for process in resumed.accepted {
        let variables = Self.variables(of: resumed.session, process)
        let connection = Connection(process: process, variables: variables)
        if process == SessionProcess.clientNumber {
          open[resumed.session.id, default: []].append(connection)
        } else {
          left.append((resumed.session.id, connection))
        }
      }
    }
  }

  /// Tells the end of the connections that ended with an earlier server.
  func closeLeft() {
    for (session, connection) in left {
      sessions.endProcess(ProcessReference(session: session, number: connection.process))
      close(connection)
    }
    left = []
  }

  /// Asks whether a connection of a session is accepted.
  ///
  /// Until the hook has ended the session stays open.
  ///
  /// - Throws: `connection-refused` with the hook's status; `too-many` when too many wait for a
  ///   hook; the unknown session's problem when it, or the connection, was closed meanwhile.
  func opening(_ session: OpenSession, process: ProcessNumber) async throws(ProblemDetails) {
    sessions.useBegan(session.id)
    defer { sessions.useEnded(session.id) }
    let variables = Self.variables(of: session, process)
    let outcome = await run(.openConnection, in: session.id, variables)
    switch outcome {
    case .absent, .ended(0):
      let connection = Connection(process: process, variables: variables)
      guard sessions.processes(of: session.id).contains(where: { $0.number == process }) else {
        close(connection)
        throw ProblemDetails(SessionRefusal.unknownSession)
      }
      // Whoever closes it from here on comes to `closed` after this.
      open[session.id, default: []].append(connection)
      sessions.accept(ProcessReference(session: session.id, number: process))
    case .busy:
      var problem = ProblemDetails(
        .tooMany,
        detail: "Too many connections wait for the server's hook; try again later."
      )
      problem.retryAfter = 5
      throw problem
    default:
      var problem = ProblemDetails(
        .connectionRefused,
        detail: "The server's open-connection hook \(Self.words(outcome)): ask who runs the server."
      )
      if case .ended(let status) = outcome { problem.exitStatus = status }
      throw problem
    }
  }

  /// A connection has ended; one that was never accepted is no matter.
  func closed(_ session: SessionID, process: ProcessNumber) {
    guard let index = open[session]?.firstIndex(where: { $0.process == process }),
      let connection = open[session]?.remove(at: index)
    else { return }
    close(connection)
  }

  /// A session has ended with all its connections.
  func closed(_ session: SessionID) {
    for connection in open.removeValue(forKey: session) ?? [] { close(connection) }
  }

  private func close(_ connection: Connection) {
    lastClosing += 1
    let key = lastClosing
    closing[key] = Task {
      let outcome = await run(.closeConnection, in: nil, connection.variables, isOwed: true)
      if outcome == .cancelled { dropped += 1 }
      closing[key] = nil
    }
  }

  /// Closes what is still open and runs the last hook, all of it in a limited time.
  func shutdown() async {
    let begin = ContinuousClock().now
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: Self.closingLimit)
        await self.cancelClosing()
      }
      await closeAll()
      group.cancelAll()
    }
    if dropped > 0 {
      logger.error(
        "The server's end did not wait for the hooks of all closed connections",
        metadata: ["hook": "\(HookName.closeConnection.rawValue)", "dropped": "\(dropped)"]
      )
    }
    let left = Self.shutdownLimit - (ContinuousClock().now - begin)
    _ = await run(.serverShutdown, in: nil, [:], within: min(timeout, left))
  }

  private func cancelClosing() {
    for task in closing.values { task.cancel() }
  }

  /// The client of a session that is kept has not left.
  private func closeAll() async {
    for (session, connections) in open {
      for connection in connections {
        let isKept = sessions.areKept && connection.process == SessionProcess.clientNumber
        guard !isKept else { continue }
        sessions.endProcess(ProcessReference(session: session, number: connection.process))
        close(connection)
      }
    }
    open = [:]
    for task in closing.values { await task.value }
  }

  /// Runs a hook as a process of a session, or of the virtual one.
  private func run(
    _ name: HookName,
    in session: SessionID?,
    _ variables: [String: String],
    isOwed: Bool = false,
    within limit: Duration? = nil
  ) async -> HookRunner.Outcome {
    let process = try? sessions.beginProcess(of: session, .hook, name: name.rawValue)
    defer { if let process { sessions.endProcess(process) } }
    var all = common.merging(variables) { $1 }
    all["SYNCD_HOOK"] = name.rawValue
    if let process {
      all["SYNCD_PROCESS"] = "\(process.number)"
      all["SYNCD_PROCESS_SESSION"] = process.session.text
    }
    return await runner.run(name, all, isOwed: isOwed, timeout: limit)
  }

  private static func variables(
    of session: OpenSession,
    _ process: ProcessNumber
  ) -> [String: String] {
    [
      "SYNCD_SESSION": session.id.text, "SYNCD_CONNECTION": "\(process)",
      "SYNCD_USER": session.userName, "SYNCD_MACHINE": session.machineName,
      "SYNCD_SYSTEM_USER": session.systemUserName, "SYNCD_ADDRESS": session.address,
    ]
  }

  private static func words(_ outcome: HookRunner.Outcome) -> String {
    switch outcome {
    case .absent: "is not there"
    case .ended(let status): "ended with status \(status)"
    case .timedOut: "took too long"
    case .failed: "could not be run"
    case .busy: "has too many waiting for it"
    case .cancelled: "was ended with the server"
    }
  }
}
