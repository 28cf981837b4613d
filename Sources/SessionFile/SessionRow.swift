import Foundation
import GRDB
import ProjectModel
import Sessions

/// A session as a row of the table `session`; lists are JSON in their column.
struct SessionRow: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "session"
  static let persistenceConflictPolicy = PersistenceConflictPolicy(insert: .replace)

  let id: String
  let kind: String
  let userName: String
  let machineName: String
  let systemUserName: String
  let client: String?
  let api: Int
  let generation: String?
  let digest: String?
  let since: String
  let proof: String
  let isDeveloper: Bool
  let address: String
  let hostType: String?
  let persistentID: String?
  let token: Digest?
  let cookies: [Digest]
  let staleCookies: [Digest]
  let privileges: [String]
  let roles: [String]
  let isSignedIn: Bool
  let idleMinutes: Int
  let storage: String
  let storageRevision: Int64
  let clientStorage: String
  let clientStorageRevision: Int64
  let lastUse: Int64
  let isAsleep: Bool
  let lastProcess: Int
  let accepted: [Int]

  static func create(in database: Database) throws {
    try database.create(table: databaseTableName) { table in
      table.primaryKey("id", .text)
      for name in ["kind", "userName", "machineName", "systemUserName"] {
        table.column(name, .text).notNull()
      }
      table.column("client", .text)
      table.column("api", .integer).notNull()
      table.column("generation", .text)
      table.column("digest", .text)
      table.column("since", .text).notNull()
      table.column("proof", .text).notNull()
      table.column("isDeveloper", .boolean).notNull()
      table.column("address", .text).notNull()
      table.column("hostType", .text)
      table.column("persistentID", .text)
      table.column("token", .text)
      for name in ["cookies", "staleCookies", "privileges", "roles", "accepted"] {
        table.column(name, .text).notNull()
      }
      for name in ["isSignedIn", "isAsleep"] { table.column(name, .boolean).notNull() }
      for name in ["storage", "clientStorage"] { table.column(name, .text).notNull() }
      for name in ["storageRevision", "clientStorageRevision", "idleMinutes", "lastProcess"] {
        table.column(name, .integer).notNull()
      }
      // Milliseconds since the beginning of 1970.
      table.column("lastUse", .integer).notNull()
    }
  }
}

extension SessionRow {
  init(_ record: SessionRecord) {
    let session = record.session
    id = session.id.text
    kind = session.kind.rawValue
    userName = session.userName
    machineName = session.machineName
    systemUserName = session.systemUserName
    client = session.client
    api = session.api
    generation = session.generation?.id
    digest = session.generation?.digest.hex
    since = session.since
    proof = session.proof.rawValue
    isDeveloper = session.isDeveloper
    address = session.address
    hostType = session.hostType
    persistentID = session.persistentID
    token = record.token
    cookies = record.cookies
    staleCookies = record.staleCookies
    privileges = record.privileges
    roles = record.roles
    isSignedIn = record.isSignedIn
    idleMinutes = record.idleMinutes
    storage = String(decoding: record.storage.value.bytes, as: UTF8.self)
    storageRevision = Int64(clamping: record.storage.revision)
    clientStorage = String(decoding: record.clientStorage.value.bytes, as: UTF8.self)
    clientStorageRevision = Int64(clamping: record.clientStorage.revision)
    lastUse = record.lastUse.milliseconds
    isAsleep = record.isAsleep
    lastProcess = record.lastProcess
    accepted = record.accepted
  }

  /// - Throws: `KeptSessionsError` for a row that this version has not written.
  func record() throws -> SessionRecord {
    guard let id = SessionID(text: id), let kind = SessionKind(rawValue: kind),
      let proof = OpenSession.Proof(rawValue: proof)
    else { throw KeptSessionsError("a session in it cannot be read") }
    // Numbers that nobody has written: they would be reckoned with.
    guard kind == .remote || kind == .web, (kind == .remote) == (token != nil),
      (0...1 << 53).contains(lastUse), (0...1 << 40).contains(lastProcess),
      accepted.allSatisfy({ 1 <= $0 && $0 <= lastProcess })
    else { throw KeptSessionsError("a session in it is damaged") }
    var pinned: PinnedGeneration?
    if let generation, let digest = digest.flatMap({ Digest(hex: $0) }) {
      pinned = PinnedGeneration(id: generation, digest: digest)
    }
    return SessionRecord(
      session: OpenSession(
        id: id,
        kind: kind,
        userName: userName,
        machineName: machineName,
        systemUserName: systemUserName,
        client: client,
        api: api,
        generation: pinned,
        since: since,
        proof: proof,
        isDeveloper: isDeveloper,
        address: address,
        hostType: hostType,
        persistentID: persistentID
      ),
      token: token,
      cookies: cookies,
      staleCookies: staleCookies,
      privileges: privileges,
      roles: roles,
      isSignedIn: isSignedIn,
      idleMinutes: idleMinutes,
      storage: try Self.object(storage, storageRevision),
      clientStorage: try Self.object(clientStorage, clientStorageRevision),
      lastUse: WallTime(milliseconds: lastUse),
      isAsleep: isAsleep,
      lastProcess: lastProcess,
      accepted: accepted
    )
  }

  private static func object(_ text: String, _ revision: Int64) throws -> SharedObject {
    guard let value = try? JSONValue(reading: Array(text.utf8)).object, revision >= 0 else {
      throw KeptSessionsError("a storage in it cannot be read")
    }
    return SharedObject(value: value, revision: UInt64(revision))
  }
}
