package import ProjectModel

/// Where a browser's cookie leads.
struct WebBinding: Sendable {
  let session: SessionID
  let process: ProcessNumber
  var lastUse: ContinuousClock.Instant
  /// The privileges have changed since the browser got its cookie.
  var isStale = false
}

/// What a replaced cookie still leads to, for requests that were under way.
struct RetiredCookie: Sendable {
  let successor: Digest
  let end: ContinuousClock.Instant
}

/// A browser in a session: its own, or the desktop session that it shares.
package struct WebVisit: Hashable, Sendable {
  package let session: SessionID
  package let kind: SessionKind
  /// The browser's process in the session: promotions are its own.
  package let process: ProcessNumber
  /// The browser needs another cookie: what this one may do has changed (session fixation).
  package let needsFreshCookie: Bool
}

/// Whether somebody who came with a cookie is still there.
package enum WebPresence: Hashable, Sendable {
  case here
  /// The browser is, with another cookie: whoever has the one before must not be taken for it.
  case replaced
  case gone
}

extension SessionTable {
  /// How many cookies lead to a session.
  package var browsers: Int { cookies.count }

  /// The session of a cookie, which is used by this.
  ///
  /// A browser's use does not keep a desktop session open: it ends with its client.
  package mutating func visit(_ cookie: Digest, at now: Instant) -> WebVisit? {
    let cookie = successor(of: cookie, at: now)
    guard let binding = cookies[cookie], let entry = live(binding.session, at: now) else {
      return nil
    }
    guard entry.kind == .web || now - binding.lastUse < entry.idleTime else {
      unbind(cookie, at: now)
      return nil
    }
    cookies[cookie]?.lastUse = now
    if entry.kind == .web {
      entries[binding.session]?.lastUse = now
      noteUse(of: binding.session, at: now)
    }
    return visit(binding, entry)
  }

  /// Whether a browser is still in the session that it was found in, and by the same cookie.
  package func presence(of visit: WebVisit, by cookie: Digest, at now: Instant) -> WebPresence {
    guard live(visit.session, at: now)?.process(visit.process) != nil else { return .gone }
    return cookies[cookie]?.process == visit.process ? .here : .replaced
  }

  private func visit(_ binding: WebBinding, _ entry: SessionEntry) -> WebVisit {
    WebVisit(
      session: binding.session,
      kind: entry.kind,
      process: binding.process,
      needsFreshCookie: binding.isStale
    )
  }

  /// Opens a session for a browser that has none.
  ///
  /// - Throws: `tooManySessions` when there is no room, and no idle guest to give way.
  package mutating func openWeb(
    _ session: OpenSession,
    cookie: Digest,
    at now: Instant
  ) throws(SessionRefusal) -> WebVisit {
    if count(.web) >= limits.mostWebSessions { makeRoom(at: now) }
    guard count(.web) < limits.mostWebSessions, cookies[cookie] == nil,
      insert(SessionEntry(session, at: now))
    else { throw .tooManySessions }
    return try bind(cookie, to: session.id, since: session.since, at: now)
  }

  /// A browser joins a session with a cookie that is new; the cookie that it had leads nowhere
  /// any more.
  package mutating func joinWeb(
    _ id: SessionID,
    cookie: Digest,
    replacing old: Digest?,
    since: String,
    at now: Instant
  ) throws(SessionRefusal) -> WebVisit {
    guard let entry = live(id, at: now), cookies[cookie] == nil else { throw .unknownSession }
    if entry.isFull(for: .web) { unbindOldest(of: entry, at: now) }
    let visit = try bind(cookie, to: id, since: since, at: now)
    if let old { leave(successor(of: old, at: now), for: id, at: now) }
    if visit.kind == .web { entries[id]?.lastUse = now }
    return visit
  }

  /// A browser leaves: its own session ends, one that it shares goes on.
  ///
  /// - Returns: the session that has ended.
  package mutating func leaveWeb(_ cookie: Digest, at now: Instant) -> OpenSession? {
    let cookie = successor(of: cookie, at: now)
    guard let binding = cookies[cookie] else { return nil }
    if entries[binding.session]?.kind == .web { return close(binding.session, at: now) }
    unbind(cookie, at: now)
    return nil
  }

  /// When a web session ends if nobody uses it any more.
  package func expiration(
    of id: SessionID,
    at now: Instant,
    _ wall: WallTime
  ) throws(SessionRefusal) -> WallTime {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    return wall.advanced(by: entry.idleTime - (now - entry.lastUse))
  }

  /// In minutes.
  package func idleTimeout(of id: SessionID, at now: Instant) throws(SessionRefusal) -> Int {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    return entry.idleMinutes
  }

  /// Sets the time without a request after which a web session ends; less than 60 becomes 60.
  package mutating func setIdleTimeout(
    _ minutes: Int,
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    entries[id]?.setIdleMinutes(minutes)
    changes?.changed(entry)
  }

  mutating func expireCookies(at now: Instant) {
    let idle = cookies.filter { cookie, binding in
      guard let entry = entries[binding.session] else { return true }
      return entry.kind != .web && now - binding.lastUse >= entry.idleTime
    }
    for cookie in idle.keys { unbind(cookie, at: now) }
    if !retired.isEmpty { retired = retired.filter { now < $0.value.end } }
  }

  // MARK: Cookies

  /// What a session may do has changed: whoever has a cookie of before must not have that too.
  mutating func staleCookies(of entry: SessionEntry) {
    for cookie in entry.cookies { cookies[cookie]?.isStale = true }
  }

  /// Replaces a cookie that is stale.
  ///
  /// The old one leads where the new one does for a moment, for requests that were sent with it
  /// before the answer came.
  ///
  /// - Returns: the visit with the new one; `nil` when there is nothing to replace.
  mutating func renew(_ old: Digest, as fresh: Digest, at now: Instant) -> WebVisit? {
    guard var binding = cookies[old], binding.isStale, cookies[fresh] == nil,
      var entry = live(binding.session, at: now)
    else { return nil }
    binding.isStale = false
    cookies[old] = nil
    cookies[fresh] = binding
    entry.cookies.removeAll { $0 == old }
    entry.cookies.append(fresh)
    entries[binding.session] = entry
    ends.cookies.insert(binding.session)
    retired[old] = RetiredCookie(successor: fresh, end: now.advanced(by: limits.cookieOverlap))
    changes?.changed(entry)
    return visit(binding, entry)
  }

  /// The cookie that took the place of another; itself where none did.
  private func successor(of cookie: Digest, at now: Instant) -> Digest {
    var cookie = cookie
    while let next = retired[cookie], now < next.end { cookie = next.successor }
    return cookie
  }

  private mutating func bind(
    _ cookie: Digest,
    to id: SessionID,
    since: String,
    at now: Instant
  ) throws(SessionRefusal) -> WebVisit {
    let process = try beginProcess(of: id, .web, name: "browser", since: since, at: now)
    cookies[cookie] = WebBinding(session: id, process: process.number, lastUse: now)
    entries[id]?.cookies.append(cookie)
    guard let entry = entries[id], let binding = cookies[cookie] else { throw .unknownSession }
    changes?.changed(entry)
    return visit(binding, entry)
  }

  private mutating func unbind(_ cookie: Digest, at now: Instant) {
    guard let binding = cookies.removeValue(forKey: cookie) else { return }
    ends.cookies.insert(binding.session)
    endProcess(binding.process, of: binding.session, at: now)
    entries[binding.session]?.cookies.removeAll { $0 == cookie }
    // Nobody can come back to it, and it holds nothing.
    guard let entry = entries[binding.session] else { return }
    changes?.changed(entry)
    if entry.isDisposable, entry.cookies.isEmpty { close(binding.session, at: now) }
  }

  /// A browser goes to another session: nobody comes back to its own, which would hold a seat.
  private mutating func leave(_ cookie: Digest, for id: SessionID, at now: Instant) {
    let left = cookies[cookie]?.session
    unbind(cookie, at: now)
    guard let left, left != id, let entry = entries[left], entry.kind == .web,
      entry.cookies.isEmpty
    else { return }
    close(left, at: now)
  }

  private mutating func unbindOldest(of entry: SessionEntry, at now: Instant) {
    let oldest = entry.cookies.min { one, other in
      guard let one = cookies[one], let other = cookies[other] else { return false }
      return one.lastUse < other.lastUse
    }
    if let oldest { unbind(oldest, at: now) }
  }

  /// Ends the longest unused tenth of the guests that hold nothing: whoever sends requests without
  /// a cookie must not keep others out.
  private mutating func makeRoom(at now: Instant) {
    let guests = entries.values.filter(\.isDisposable).sorted { $0.lastUse < $1.lastUse }
    for guest in guests.prefix(max(1, limits.mostWebSessions / 10)) {
      close(guest.session.id, at: now)
    }
  }
}
