import ProjectModel

extension SessionTable {
  /// A browser's use of its session is told to a store only so often.
  static let useInterval = Duration.seconds(60)

  /// What a store has to be told since the last call, at most so many sessions at a time.
  mutating func takeChanges(most: Int) -> SessionChanges {
    changes?.take(most: most) ?? SessionChanges(keeps: false)
  }

  /// Notes every session that was used since a store was told of it: before the end.
  mutating func noteUses() {
    for entry in entries.values where entry.lastUse != entry.notedUse { changes?.changed(entry) }
  }

  /// A browser has used its session.
  mutating func noteUse(of id: SessionID, at now: Instant) {
    guard let entry = entries[id], now - entry.notedUse >= Self.useInterval else { return }
    entries[id]?.notedUse = now
    changes?.changed(entry)
  }

  /// A session as a store keeps it; `nil` when it has ended.
  func record(of id: SessionID, at now: Instant, _ wall: WallTime) -> SessionRecord? {
    guard let entry = entries[id] else { return nil }
    let isUsed = entry.uses > 0
    return SessionRecord(
      session: entry.session,
      token: entry.token,
      cookies: entry.cookies,
      staleCookies: entry.cookies.filter { cookies[$0]?.isStale == true },
      privileges: entry.grants.privileges.sorted(),
      roles: entry.grants.roles.sorted(),
      isSignedIn: entry.isSignedIn,
      idleMinutes: entry.idleMinutes,
      storage: entry.storage,
      clientStorage: entry.clientStorage,
      lastUse: isUsed ? wall : wall.advanced(by: entry.lastUse - now),
      isAsleep: entry.isAsleep,
      lastProcess: entry.lastProcess,
      accepted: entry.accepted.sorted()
    )
  }

  /// Opens a session from a store again, with its client as its only process and its browsers.
  ///
  /// A client has its whole grace time to come back: it could not come while there was no server.
  /// A browser's idle time and a client's sleep have gone on by the calendar; where that is over
  /// the session is here only to end like any other.
  mutating func resume(_ record: SessionRecord, at now: Instant, _ wall: WallTime) {
    var lastUse = now
    if record.isAsleep || record.session.kind == .web {
      let silence = wall.milliseconds - record.lastUse.milliseconds
      lastUse = now.advanced(by: .milliseconds(min(0, -silence)))
    }
    var entry = SessionEntry(record.session, token: record.token, at: lastUse)
    entry.isAsleep = record.isAsleep
    entry.grants = PrivilegeGrants(privileges: record.privileges, roles: record.roles)
    entry.isSignedIn = record.isSignedIn
    entry.setIdleMinutes(record.idleMinutes)
    entry.storage = record.storage
    entry.clientStorage = record.clientStorage
    if record.token != nil {
      let name = record.session.client ?? "client"
      _ = try? entry.begin(.client, name: name, since: record.session.since)
    }
    entry.count(after: record.lastProcess)
    // Further connections have ended with the server: `endProcess` follows when a hook knows it.
    entry.accept(record.accepted)
    guard insert(entry), live(record.session.id, at: now) != nil else { return }
    let since = record.session.since
    for cookie in record.cookies where cookies[cookie] == nil {
      _ = try? joinWeb(record.session.id, cookie: cookie, replacing: nil, since: since, at: now)
    }
    for cookie in record.staleCookies { cookies[cookie]?.isStale = true }
    // To be in it is no use of it.
    entries[record.session.id]?.lastUse = lastUse
  }
}
