package import ProjectModel

/// A session as a store keeps it beyond the end of the server; of secrets only hashes.
package struct SessionRecord: Hashable, Sendable {
  package let session: OpenSession
  package let token: Digest?
  /// The cookies of the browsers that are in it.
  package let cookies: [Digest]
  /// Those of them that change at the browser's next request.
  package let staleCookies: [Digest]
  package let privileges: [String]
  package let roles: [String]
  package let isSignedIn: Bool
  package let idleMinutes: Int
  package let storage: SharedObject
  package let clientStorage: SharedObject
  /// The last contact with its client or browser, or when it fell asleep.
  package let lastUse: WallTime
  package let isAsleep: Bool
  /// The highest number that a process of it has had.
  package let lastProcess: ProcessNumber
  /// The connections that a hook has accepted, and whose end it has to be told.
  package let accepted: [ProcessNumber]

  package init(
    session: OpenSession,
    token: Digest?,
    cookies: [Digest] = [],
    staleCookies: [Digest] = [],
    privileges: [String] = [],
    roles: [String] = [],
    isSignedIn: Bool = false,
    idleMinutes: Int = 60,
    storage: SharedObject = SharedObject(),
    clientStorage: SharedObject = SharedObject(),
    lastUse: WallTime,
    isAsleep: Bool = false,
    lastProcess: ProcessNumber = 0,
    accepted: [ProcessNumber] = []
  ) {
    self.session = session
    self.token = token
    self.cookies = cookies
    self.staleCookies = staleCookies
    self.privileges = privileges
    self.roles = roles
    self.isSignedIn = isSignedIn
    self.idleMinutes = idleMinutes
    self.storage = storage
    self.clientStorage = clientStorage
    self.lastUse = lastUse
    self.isAsleep = isAsleep
    self.lastProcess = lastProcess
    self.accepted = accepted
  }
}

/// Where sessions are kept, so that they outlive what holds them in memory.
package protocol SessionStore: Sendable {
  /// Every session that is kept, at the start.
  func load() async throws -> [SessionRecord]

  /// Keeps sessions as they are now, and forgets those that have ended: all of it or nothing.
  func save(_ records: [SessionRecord], ended: [SessionID]) async throws
}
