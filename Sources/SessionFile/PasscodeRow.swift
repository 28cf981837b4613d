import GRDB
import ProjectModel
import Sessions

/// An open passcode as a row of the table `passcode`: its hash, and what it leads to.
struct PasscodeRow: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "passcode"
  static let persistenceConflictPolicy = PersistenceConflictPolicy(insert: .replace)

  let hash: Digest
  let session: String
  /// In milliseconds since the beginning of 1970, as `end`.
  let made: Int64
  let end: Int64

  static func create(in database: Database) throws {
    try database.create(table: databaseTableName) { table in
      table.primaryKey("hash", .text)
      table.column("session", .text).notNull().indexed()
      table.column("made", .integer).notNull()
      table.column("end", .integer).notNull().indexed()
    }
  }

  init(_ hash: Digest, _ passcode: Passcode) {
    self.hash = hash
    session = passcode.session.text
    made = passcode.made.milliseconds
    end = passcode.wallEnd.milliseconds
  }

  /// The passcode as it is at a moment; `nil` when its time is over.
  ///
  /// One that was made after that moment is over too: the clock was set back, and nobody knows how
  /// long it has lived. None gets more than its own life again.
  ///
  /// - Throws: `KeptSessionsError` for a row that this program has not written.
  func passcode(at now: ContinuousClock.Instant, _ wall: WallTime) throws -> Passcode? {
    let readable = 0...Int64(1 << 53)
    guard let session = SessionID(text: session), readable.contains(made), readable.contains(end)
    else { throw KeptSessionsError("a passcode in it cannot be read") }
    guard made <= wall.milliseconds, wall.milliseconds < end else { return nil }
    return Passcode(
      session: session,
      made: WallTime(milliseconds: made),
      end: now.advanced(by: .milliseconds(end - wall.milliseconds)),
      wallEnd: WallTime(milliseconds: end)
    )
  }
}
