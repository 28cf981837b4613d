package import Logging
package import Sessions
import SyncProtocol

/// The operator's hooks at their moments: the start and the end of the server, and each connection
/// of a session exactly once at its beginning and at its end.
package actor ServerHooks {
  private struct Connection {
    let session: SessionID
    let process: ProcessNumber
    let variables: [String: String]
  }

  /// How long the end of a server takes at most, with two seconds more for what has to be killed.
  package struct EndLimits: Hashable, Sendable {
    /// For the hooks of connections that are closing.
    package var closing = Duration.seconds(18)
    /// For those and the last hook.
    package var all = Duration.seconds(28)

    package init() {}
  }

  private let runner: HookRunner
  private let sessions: OpenSessions
  private let common: [String: String]
  private let timeout: Duration
  private let limits: EndLimits
  private let logger: Logger
  private var open: [SessionID: [Connection]] = [:]
  /// Connections of kept sessions that ended with the server before this one, unheard.
  private var left: [Connection] = []
  /// The closing hooks under way: whoever ends a session does not wait for them, or a slow one would
  /// hold up the end of others and the events that lead to it.
  private var closing: [Int: Task<Void, Never>] = [:]
  private var lastClosing = 0
  /// Closing hooks that the limit of a shutdown has ended, or kept from being run.
  private var dropped = 0

  /// - Parameters:
  ///   - folder: where the hooks are.
  ///   - timeout: how long each may take.
  ///   - limits: how long the end of the server may take.
  ///   - sessions: in which each hook is a process while it runs.
  ///   - variables: what every hook finds in its environment.
  ///   - logger: gets what they print.
  package init(
    _ folder: HookFolder,
    timeout: Duration,
    limits: EndLimits = EndLimits(),
    sessions: OpenSessions,
    variables: [String: String],
    logger: Logger
  ) {
    let log = HookLog(logger: logger, sessions: sessions)
    runner = HookRunner(folder, timeout: timeout, log: log)
    self.sessions = sessions
    common = variables
    self.timeout = timeout
    self.limits = limits
    self.logger = logger
  }

  /// Runs the start's hook.
  ///
  /// - Throws: `ServerError` with code `startupRefused` when it does not end with status 0.
  func startup() async throws(ServerError) {
    let outcome = await run(.serverStartup, as: beginWork(.serverStartup), [:])
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
        let id = resumed.session.id
        let connection = Connection(session: id, process: process, variables: variables)
        if process == SessionProcess.clientNumber {
          open[id, default: []].append(connection)
        } else {
          left.append(connection)
        }
      }
    }
  }

  /// Tells the end of the connections that ended with an earlier server.
  func closeLeft() {
    for connection in left {
      let process = ProcessReference(session: connection.session, number: connection.process)
      sessions.endProcess(process)
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
    // It acts for this session and for no other.
    guard let own = beginWork(.openConnection, in: session.id) else {
      throw ProblemDetails(SessionRefusal.unknownSession)
    }
    let variables = Self.variables(of: session, process)
    let outcome = await run(.openConnection, as: own, variables)
    switch outcome {
    case .absent, .ended(0):
      let connection = Connection(session: session.id, process: process, variables: variables)
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
      // Its session may have ended; then it works in the one of all server-side code.
      let process =
        beginWork(.closeConnection, in: connection.session) ?? beginWork(.closeConnection)
      let outcome = await run(.closeConnection, as: process, connection.variables, isOwed: true)
      if outcome == .cancelled { dropped += 1 }
      closing[key] = nil
    }
  }

  /// Closes what is still open and runs the last hook, all of it in a limited time.
  func shutdown() async {
    let begin = ContinuousClock().now
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [limits] in
        try? await Task.sleep(for: limits.closing)
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
    let left = limits.all - (ContinuousClock().now - begin)
    _ = await run(
      .serverShutdown,
      as: beginWork(.serverShutdown),
      [:],
      within: min(timeout, left)
    )
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

  /// A hook begins its work in a session, the virtual one where none is named.
  ///
  /// - Returns: `nil` when that has ended.
  private func beginWork(_ name: HookName, in session: SessionID? = nil) -> ProcessReference? {
    try? sessions.beginProcess(of: session, .hook, name: name.rawValue)
  }

  /// Runs a hook as a process of a session, which ends with it.
  private func run(
    _ name: HookName,
    as process: ProcessReference?,
    _ variables: [String: String],
    isOwed: Bool = false,
    within limit: Duration? = nil
  ) async -> HookRunner.Outcome {
    defer { if let process { sessions.endProcess(process) } }
    var all = common.merging(variables) { $1 }
    all["SYNCD_HOOK"] = name.rawValue
    if let process {
      all["SYNCD_PROCESS"] = "\(process.number)"
      all["SYNCD_PROCESS_SESSION"] = process.session.text
      all["SYNCD_TOKEN"] = sessions.pass(for: process)
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
