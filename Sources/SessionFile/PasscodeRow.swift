import GRDB
import ProjectModel
import Sessions

/// An open passcode as a row of the table `passcode`: its hash, and what it leads to.
struct PasscodeRow: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "passcode"
  static let persistenceConflictPolicy = PersistenceConflictPolicy(insert: .replace)

  let hash: Digest
  let session: String
  /// In milliseconds since the beginning of 1970.
  let end: Int64

  static func create(in database: Database) throws {
    try database.create(table: databaseTableName) { table in
      table.primaryKey("hash", .text)
      table.column("session", .text).notNull().indexed()
      table.column("end", .integer).notNull().indexed()
    }
  }
}
