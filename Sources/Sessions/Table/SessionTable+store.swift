import ProjectModel

extension SessionTable {
  /// What a store has to be told since the last call; from the first one on it is noted.
  mutating func takeChanges() -> SessionChanges {
    defer { changes = SessionChanges() }
    return changes ?? SessionChanges()
  }

  /// A session as a store keeps it; `nil` when it has ended.
  func record(of id: SessionID, at now: Instant, _ wall: WallTime) -> SessionRecord? {
    guard let entry = live(id, at: now) else { return nil }
    return SessionRecord(
      session: entry.session,
      token: entry.token,
      cookies: entry.cookies,
      privileges: entry.grants.privileges.sorted(),
      roles: entry.grants.roles.sorted(),
      isSignedIn: entry.isSignedIn,
      idleMinutes: entry.idleMinutes,
      storage: entry.storage,
      clientStorage: entry.clientStorage,
      sleepEnd: entry.isAsleep
        ? wall.advanced(by: limits.sleep - (now - entry.lastUse)) : nil
    )
  }

  /// Opens a session from a store again.
  ///
  /// Clients and browsers have their usual time to come back;
  /// one that slept has what is left of its sleep.
  ///
  /// - Returns: whether it is open.
  mutating func resume(_ record: SessionRecord, at now: Instant, _ wall: WallTime) -> Bool {
    var lastUse = now
    if let end = record.sleepEnd {
      let left = Duration.milliseconds(end.milliseconds - wall.milliseconds)
      guard left > .zero else { return false }
      lastUse = now.advanced(by: min(.zero, left - limits.sleep))
    }
    var entry = SessionEntry(record.session, token: record.token, at: lastUse)
    entry.isAsleep = record.sleepEnd != nil
    entry.grants = PrivilegeGrants(privileges: record.privileges, roles: record.roles)
    entry.isSignedIn = record.isSignedIn
    entry.setIdleMinutes(record.idleMinutes)
    entry.storage = record.storage
    entry.clientStorage = record.clientStorage
    if record.token != nil {
      let name = record.session.client ?? "client"
      guard (try? entry.begin(.client, name: name, since: record.session.since)) != nil else {
        return false
      }
    }
    guard insert(entry) else { return false }
    for cookie in record.cookies where cookies[cookie] == nil {
      _ = try? rebind(cookie, to: record.session, at: now)
    }
    return true
  }

  private mutating func rebind(
    _ cookie: Digest,
    to session: OpenSession,
    at now: Instant
  ) throws(SessionRefusal) {
    _ = try joinWeb(session.id, cookie: cookie, replacing: nil, since: session.since, at: now)
  }
}
