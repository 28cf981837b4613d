package import ProjectModel

/// A session as a store keeps it beyond the end of the server.
package struct SessionRecord: Hashable, Sendable {
  package let session: OpenSession
  package let token: Digest?
  /// The cookies of the browsers that are in it.
  package let cookies: [Digest]
  package let privileges: [String]
  package let roles: [String]
  package let isSignedIn: Bool
  package let idleMinutes: Int
  package let storage: SharedObject
  package let clientStorage: SharedObject
  /// Its client sleeps, at the latest until then.
  package let sleepEnd: WallTime?

  package init(
    session: OpenSession,
    token: Digest?,
    cookies: [Digest],
    privileges: [String],
    roles: [String],
    isSignedIn: Bool,
    idleMinutes: Int,
    storage: SharedObject,
    clientStorage: SharedObject,
    sleepEnd: WallTime?
  ) {
    self.session = session
    self.token = token
    self.cookies = cookies
    self.privileges = privileges
    self.roles = roles
    self.isSignedIn = isSignedIn
    self.idleMinutes = idleMinutes
    self.storage = storage
    self.clientStorage = clientStorage
    self.sleepEnd = sleepEnd
  }
}

/// Where sessions are kept, so that they outlive what holds them in memory.
package protocol SessionStore: Sendable {
  /// Every session that is kept, at the start.
  func load() async throws -> [SessionRecord]

  /// Keeps sessions as they are now, and forgets those that have ended: all of it or nothing.
  func save(_ records: [SessionRecord], ended: [SessionID]) async throws
}

/// Sessions in this process: they end with it, as 4D's do.
package actor EmbeddedSessionStore: SessionStore {
  private var records: [SessionID: SessionRecord] = [:]

  package init() {}

  package func load() -> [SessionRecord] { Array(records.values) }

  package func save(_ records: [SessionRecord], ended: [SessionID]) {
    for record in records { self.records[record.session.id] = record }
    for id in ended { self.records[id] = nil }
  }
}
