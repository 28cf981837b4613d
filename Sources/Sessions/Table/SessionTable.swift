package import ProjectModel

/// The open sessions: those of clients, of browsers, and the virtual one of the server.
///
/// It has no clock: every call says what time it is. A client's session ends when it is closed, or
/// a grace time after its last request and the end of its last event stream. Bearer tokens and
/// cookies are known by their hash alone.
package struct SessionTable: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// Open sessions of clients at a time, where nothing else is said.
  package static let mostSessions = SessionLimits().mostClients
  /// So many of them are kept for those who begin in development mode.
  package static let reserved = SessionLimits().reserved

  let limits: SessionLimits
  var entries: [SessionID: SessionEntry] = [:]
  var leases = LeaseBook()
  var cookies: [Digest: WebBinding] = [:]
  /// Cookies that were replaced a moment ago.
  var retired: [Digest: RetiredCookie] = [:]
  /// What the project's `roles.json` says now.
  package internal(set) var roles = RolesInForce()
  /// The processes that prove who they are by a secret.
  var passes: [Digest: ProcessReference] = [:]
  /// What a store has to be told; `nil` where there is none.
  var changes: SessionChanges?
  /// What has ended since somebody asked.
  var ends = SessionTableEnds()
  /// In all storages.
  var storedBytes = 0
  private var ids: [Digest: SessionID] = [:]
  private var counts: [SessionKind: Int] = [:]

  package init(grace: Duration) { self.init(limits: SessionLimits(grace: grace)) }

  package init(limits: SessionLimits) { self.limits = limits }

  /// How many clients have a session.
  package var count: Int { count(.remote) }

  package func count(_ kind: SessionKind) -> Int { counts[kind] ?? 0 }

  /// The open sessions of clients, in no order.
  package var sessions: [OpenSession] {
    entries.values.compactMap { $0.kind == .remote ? $0.session : nil }
  }

  /// Opens a session whose bearer token has the given hash; its first process is the client itself.
  ///
  /// - Returns: whether there was room for it.
  package mutating func open(_ session: OpenSession, token: Digest, at now: Instant) -> Bool {
    let most = session.isDeveloper ? limits.mostClients : limits.mostClients - limits.reserved
    guard count < most, hasSeat, ids[token] == nil else { return false }
    var entry = SessionEntry(session, token: token, at: now)
    let name = session.client ?? "client"
    guard (try? entry.begin(.client, name: name, since: session.since)) != nil else { return false }
    return insert(entry)
  }

  /// Adds a session that ends with the server alone: the virtual one, or that of a single user.
  package mutating func add(_ session: OpenSession, at now: Instant) -> Bool {
    insert(SessionEntry(session, at: now))
  }

  mutating func insert(_ entry: SessionEntry) -> Bool {
    guard entries[entry.session.id] == nil else { return false }
    entries[entry.session.id] = entry
    if let token = entry.token { ids[token] = entry.session.id }
    counts[entry.kind, default: 0] += 1
    storedBytes += entry.storedBytes
    changes?.changed(entry)
    return true
  }

  /// The session of a bearer token, which is used by this.
  package mutating func touch(_ token: Digest, at now: Instant) -> OpenSession? {
    guard let id = ids[token], let entry = live(id, at: now) else { return nil }
    entries[id]?.lastUse = now
    wake(id)
    return entry.session
  }

  /// Whether a client proves its session with a secret of this hash.
  func hasToken(_ token: Digest) -> Bool { ids[token] != nil }

  /// An event stream or a request of the session begins: until its end the session stays open.
  package mutating func useBegan(_ id: SessionID) {
    entries[id]?.uses += 1
    wake(id)
  }

  private mutating func wake(_ id: SessionID) {
    guard let entry = entries[id], entry.isAsleep else { return }
    entries[id]?.isAsleep = false
    changes?.changed(entry)
  }

  package mutating func useEnded(_ id: SessionID, at now: Instant) {
    guard let uses = entries[id]?.uses else { return }
    entries[id]?.uses = max(0, uses - 1)
    entries[id]?.lastUse = now
  }

  /// The client goes to sleep: its session waits for it much longer.
  ///
  /// Its next request wakes it.
  package mutating func fallAsleep(_ id: SessionID, at now: Instant) throws(SessionRefusal) {
    guard let entry = live(id, at: now), entry.kind == .remote else { throw .unknownSession }
    entries[id]?.isAsleep = true
    entries[id]?.lastUse = now
    changes?.changed(entry)
  }

  /// Gives a session the development mode.
  ///
  /// - Returns: the session as it is now; `nil` when it has ended.
  package mutating func promote(_ id: SessionID) -> OpenSession? {
    entries[id]?.session.becomeDeveloper()
    if let entry = entries[id] { changes?.changed(entry) }
    return entries[id]?.session
  }

  /// Lets a session stay on another generation from now on.
  ///
  /// - Returns: the session as it was; `nil` when it has ended.
  package mutating func stay(_ id: SessionID, on generation: PinnedGeneration) -> OpenSession? {
    guard let before = entries[id]?.session else { return nil }
    entries[id]?.session.stay(on: generation)
    if let entry = entries[id] { changes?.changed(entry) }
    return before
  }

  /// Ends a session, with its storage, its leases and the cookies that led to it.
  ///
  /// - Returns: the session; `nil` when it was not open.
  @discardableResult
  package mutating func close(_ id: SessionID, at now: Instant) -> OpenSession? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    if let token = entry.token { ids[token] = nil }
    for pass in entry.processes.compactMap(\.pass) { passes[pass] = nil }
    for cookie in entry.cookies { cookies[cookie] = nil }
    if !entry.cookies.isEmpty { ends.cookies.insert(id) }
    if entry.kind == .web { ends.webSessions.insert(id) }
    counts[entry.kind, default: 1] -= 1
    storedBytes -= entry.storedBytes
    leases.sessionEnded(id, at: now)
    changes?.ended(entry)
    return entry.session
  }

  /// What has ended since the last call.
  mutating func takeEnds() -> SessionTableEnds {
    defer { ends = SessionTableEnds() }
    return ends
  }

  /// Ends the sessions whose time is over, and forgets browsers that came no more.
  ///
  /// - Returns: the sessions; each one's end is told once, here or by `close`.
  package mutating func expire(at now: Instant) -> [OpenSession] {
    leases.expire(at: now)
    expireCookies(at: now)
    let over = entries.values.filter { isOver($0, at: now) }.map(\.session)
    for session in over { close(session.id, at: now) }
    return over
  }

  /// A session that is open and whose time is not over.
  func live(_ id: SessionID, at now: Instant) -> SessionEntry? {
    guard let entry = entries[id], !isOver(entry, at: now) else { return nil }
    return entry
  }

  private func isOver(_ entry: SessionEntry, at now: Instant) -> Bool {
    guard entry.uses == 0 else { return false }
    let silence = now - entry.lastUse
    return switch entry.kind {
    case .remote: silence >= (entry.isAsleep ? limits.sleep : limits.grace)
    case .web: silence >= entry.idleTime
    case .storedProcedure, .standalone: false
    }
  }
}
