import ProjectModel

/// An open session with everything that changes while it is open.
struct SessionEntry: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// In minutes; 4D raises anything less to it (4d-domain §9.2).
  static let leastIdle = 60
  static let mostIdle = 365 * 24 * 60
  /// Of each sort; neither the server's scripts nor the client's connections take the others' places.
  static let mostProcesses = 64
  /// Of the session that all work on the server shares.
  static let mostServerProcesses = 1024

  var session: OpenSession
  /// The hash of the bearer token; `nil` for a session that no client opened.
  let token: Digest?
  /// The last contact with its client, or the last request of its browser.
  var lastUse: Instant
  /// The last use that a store was told of.
  var notedUse: Instant
  /// Event streams and requests under way.
  var uses = 0
  /// Its client has announced that it goes to sleep.
  var isAsleep = false
  private(set) var processes: [SessionProcess] = []
  private(set) var lastProcess: ProcessNumber = 0
  /// The connections that a hook has accepted.
  private(set) var accepted: Set<ProcessNumber> = []
  var grants = PrivilegeGrants()
  /// `setPrivileges` was called.
  var isSignedIn = false
  private(set) var idleMinutes = leastIdle
  var storage = SharedObject()
  var clientStorage = SharedObject()
  /// The browsers that are in the session.
  var cookies: [Digest] = []

  init(_ session: OpenSession, token: Digest? = nil, at now: Instant) {
    self.session = session
    self.token = token
    lastUse = now
    notedUse = now
  }

  var kind: SessionKind { session.kind }

  var idleTime: Duration { .seconds(idleMinutes * 60) }

  /// Nothing would be lost with it but an empty guest's cookie.
  var isDisposable: Bool {
    kind == .web && uses == 0 && !isSignedIn && storage.revision == 0
  }

  mutating func setIdleMinutes(_ minutes: Int) {
    idleMinutes = min(max(minutes, Self.leastIdle), Self.mostIdle)
  }

  // MARK: Processes

  var mostProcesses: Int {
    kind == .storedProcedure ? Self.mostServerProcesses : Self.mostProcesses
  }

  /// What makes room for another script: one may have ended without a word.
  var oldestScript: ProcessNumber? {
    isFull(for: .script) ? processes.first { $0.kind == .script }?.number : nil
  }

  /// Hooks always have room: of them only so many run and wait.
  func isFull(for kind: SessionProcess.Kind) -> Bool {
    switch kind {
    case .hook: false
    case .script: processes.count { $0.kind == .script } >= mostProcesses
    case .client, .events, .web:
      processes.count { $0.kind != .script && $0.kind != .hook } >= mostProcesses
    }
  }

  /// - Throws: `tooManyProcesses`.
  mutating func begin(
    _ kind: SessionProcess.Kind,
    name: String,
    since: String
  ) throws(SessionRefusal) -> SessionProcess {
    guard !isFull(for: kind) else { throw .tooManyProcesses }
    lastProcess += 1
    let process = SessionProcess(number: lastProcess, name: name, kind: kind, since: since)
    processes.append(process)
    return process
  }

  /// - Returns: whether it was there.
  mutating func end(_ number: ProcessNumber) -> Bool {
    accepted.remove(number)
    guard let index = processes.firstIndex(where: { $0.number == number }) else { return false }
    processes.remove(at: index)
    return true
  }

  mutating func accept(_ numbers: some Sequence<ProcessNumber>) { accepted.formUnion(numbers) }

  /// Counts on after the processes of an earlier run.
  mutating func count(after number: ProcessNumber) { lastProcess = max(lastProcess, number) }

  func process(_ number: ProcessNumber) -> SessionProcess? {
    processes.first { $0.number == number }
  }

  mutating func change<Result>(
    _ number: ProcessNumber,
    _ body: (inout SessionProcess) -> Result
  ) throws(SessionRefusal) -> Result {
    guard let index = processes.firstIndex(where: { $0.number == number }) else {
      throw .unknownProcess
    }
    return body(&processes[index])
  }

  // MARK: Storages

  var storedBytes: Int { storage.byteCount + clientStorage.byteCount }

  subscript(side: StorageSide) -> SharedObject {
    get { side == .server ? storage : clientStorage }
    set { if side == .server { storage = newValue } else { clientStorage = newValue } }
  }
}
