package import ProjectModel

/// The open client sessions.
///
/// It has no clock: every call says what time it is. A session ends when it is closed, or a grace
/// time after its last request and the end of its last event stream. Bearer tokens are known by
/// their SHA-256 alone.
package struct SessionTable: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private struct Entry {
    var session: OpenSession
    let token: Digest
    var lastUse: Instant
    /// Event streams and requests under way.
    var uses = 0
  }

  /// Open sessions at a time: what anybody may open must be bounded.
  package static let mostSessions = 10_000
  /// So many of them are kept for those who begin in development mode: nobody else can use them up.
  package static let reserved = 1_000

  private let grace: Duration
  private var entries: [SessionID: Entry] = [:]
  private var ids: [Digest: SessionID] = [:]

  package init(grace: Duration) { self.grace = grace }

  package var count: Int { entries.count }

  /// The open sessions, in no order.
  package var sessions: [OpenSession] { entries.values.map(\.session) }

  /// Opens a session whose bearer token has the given hash.
  ///
  /// - Returns: whether there was room for it.
  package mutating func open(_ session: OpenSession, token: Digest, at now: Instant) -> Bool {
    let room = session.isDeveloper ? Self.mostSessions : Self.mostSessions - Self.reserved
    guard entries.count < room, entries[session.id] == nil, ids[token] == nil else {
      return false
    }
    entries[session.id] = Entry(session: session, token: token, lastUse: now)
    ids[token] = session.id
    return true
  }

  /// The session of a bearer token, which is used by this.
  package mutating func touch(_ token: Digest, at now: Instant) -> OpenSession? {
    guard let id = ids[token], var entry = entries[id], !isOver(entry, at: now) else { return nil }
    entry.lastUse = now
    entries[id] = entry
    return entry.session
  }

  /// An event stream or a request of the session begins: until its end the session stays open.
  package mutating func useBegan(_ id: SessionID) { entries[id]?.uses += 1 }

  package mutating func useEnded(_ id: SessionID, at now: Instant) {
    guard var entry = entries[id] else { return }
    entry.uses = max(0, entry.uses - 1)
    entry.lastUse = now
    entries[id] = entry
  }

  /// Gives a session the development mode.
  ///
  /// - Returns: the session as it is now; `nil` when it has ended.
  package mutating func promote(_ id: SessionID) -> OpenSession? {
    entries[id]?.session.becomeDeveloper()
    return entries[id]?.session
  }

  /// Ends a session.
  ///
  /// - Returns: the session; `nil` when it was not open.
  @discardableResult
  package mutating func close(_ id: SessionID) -> OpenSession? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    ids[entry.token] = nil
    return entry.session
  }

  /// Ends the sessions whose grace time is over.
  ///
  /// - Returns: the sessions; each one's end is told once, here or by `close`.
  package mutating func expire(at now: Instant) -> [OpenSession] {
    let over = entries.values.filter { isOver($0, at: now) }.map(\.session)
    for session in over { close(session.id) }
    return over
  }

  private func isOver(_ entry: Entry, at now: Instant) -> Bool {
    entry.uses == 0 && now - entry.lastUse >= grace
  }
}
