package import ProjectModel
import Synchronization

/// The open sessions of a running server, for whoever may ask: 4D's Session class with its rules.
///
/// Event loops and tasks use it alike, so that it answers at once and holds its state under one
/// lock; every function is one step that others see whole or not at all. Only what may have to wait
/// (a lease, a store) is asynchronous.
package final class OpenSessions: Sendable {
  /// What a session hashes tokens, cookies and passcodes with: SHA-256.
  package typealias Hash = @Sendable ([UInt8]) -> Digest

  struct State {
    var table: SessionTable
    /// Wrong passwords.
    var attempts = AttemptLimiter()
    /// Wrong passcodes: ten a minute and address.
    var wrongPasscodes = AttemptLimiter(
      freeFailures: 10,
      wait: .seconds(60),
      memory: .seconds(60)
    )
    var waiting: [LeaseTicket: CheckedContinuation<LeaseBook.Outcome, Never>] = [:]
    /// Outcomes that came before their continuation.
    var early: [LeaseTicket: LeaseBook.Outcome] = [:]
    /// `changesToKeep` has said that there are some.
    var isKeeperCalled = false
    var figures = PasscodeFigures()
  }

  package let access: SessionAccess
  package let limits: SessionLimits
  /// The virtual session of all server-side work.
  package let storedProcedures: SessionID
  let clock: any SessionClock
  let random: any RandomSource
  let hash: Hash
  let store: (any SessionStore)?
  let passcodes: any PasscodeStore
  /// Says that there is something for `keep`; for one reader.
  package let changesToKeep: AsyncStream<Void>
  private let keeperCall: AsyncStream<Void>.Continuation
  private let listener: (any SessionListener)?
  private let state: Mutex<State>

  /// Opens the virtual session, which is the server's own.
  package init(
    semantics: SessionSemantics = .v21,
    limits: SessionLimits = SessionLimits(),
    server: ServerIdentity,
    hash: @escaping Hash,
    clock: any SessionClock = SystemSessionClock(),
    random: any RandomSource = SystemRandomSource(),
    store: (any SessionStore)? = nil,
    passcodes: any PasscodeStore = EmbeddedPasscodes(),
    listener: (any SessionListener)? = nil
  ) {
    access = SessionAccess(semantics: semantics)
    self.limits = limits
    self.clock = clock
    self.random = random
    self.hash = hash
    self.store = store
    self.passcodes = passcodes
    self.listener = listener
    (changesToKeep, keeperCall) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    storedProcedures = SessionID(random.bits())
    var table = SessionTable(limits: limits)
    let virtual = OpenSession(
      id: storedProcedures,
      kind: .storedProcedure,
      userName: server.userName,
      machineName: server.machineName,
      systemUserName: server.systemUserName,
      since: clock.wall.text,
      proof: .machine,
      isDeveloper: false,
      address: "localhost"
    )
    _ = table.add(virtual, at: clock.now)
    table.changes = SessionChanges(keeps: store != nil)
    state = Mutex(State(table: table))
  }

  /// One step on the state; whoever waited for what comes of it is told.
  func step<Value: Sendable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let (result, told, ends, callsKeeper) = state.withLock { state in
      let result: Result<Value, Failure>
      do throws(Failure) {
        result = .success(try body(&state))
      } catch {
        result = .failure(error)
      }
      var told: [(CheckedContinuation<LeaseBook.Outcome, Never>, LeaseBook.Outcome)] = []
      for (ticket, outcome) in state.table.leases.takeOutcomes() {
        if let continuation = state.waiting.removeValue(forKey: ticket) {
          told.append((continuation, outcome))
        } else {
          state.early[ticket] = outcome
        }
      }
      let callsKeeper = !state.isKeeperCalled && state.table.changes?.isEmpty == false
      if callsKeeper { state.isKeeperCalled = true }
      return (result, told, state.table.takeEnds(), callsKeeper)
    }
    if !ends.isEmpty { for event in ends.events { tell(event) } }
    if callsKeeper { keeperCall.yield() }
    for (continuation, outcome) in told { continuation.resume(returning: outcome) }
    return try result.get()
  }

  /// A step on a member of a session, once it is clear that the caller may use it.
  func use<Value: Sendable>(
    _ member: SessionMember,
    of id: SessionID,
    for caller: SessionCaller,
    _ body: (inout SessionTable, ContinuousClock.Instant) throws(SessionRefusal) -> Value
  ) throws(SessionRefusal) -> Value {
    let now = clock.now
    return try step { (state) throws(SessionRefusal) in
      guard let kind = state.table.kind(of: id, at: now) else { throw .unknownSession }
      if let refusal = access.refusal(of: member, session: id, kind: kind, caller: caller) {
        throw refusal
      }
      return try body(&state.table, now)
    }
  }

  /// Whether a caller may use a member of a session, without using it.
  package func check(
    _ member: SessionMember,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    try use(member, of: id, for: caller) { (_, _) throws(SessionRefusal) in }
  }

  func tell(_ event: SessionEvent) { listener?.sessionChanged(event) }

  func digest(_ secret: String) -> Digest { hash(Array(secret.utf8)) }
}

/// Who the server is, for the sessions that are its own.
package struct ServerIdentity: Hashable, Sendable {
  package let userName: String
  package let machineName: String
  package let systemUserName: String

  package init(userName: String, machineName: String, systemUserName: String) {
    self.userName = userName
    self.machineName = machineName
    self.systemUserName = systemUserName
  }
}
