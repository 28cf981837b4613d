import GRDB
package import ProjectModel
package import Sessions
import Synchronization

/// Sessions and passcodes in a file of the project system folder: they outlive the server.
///
/// Sessions are written when `save` is called. Passcodes live in memory and get into the file with
/// the next `save`; one that is in the file is taken out of it before anybody profits from it, so
/// that a killed server's successor does not accept it a second time.
package final class KeptSessions: SessionStore, PasscodeStore {
  private let database: DatabaseQueue
  private let passcodes = EmbeddedPasscodes()
  /// Passcodes that no `save` has taken yet.
  private let pending = Mutex<[Digest: Passcode]>([:])
  private let records: Mutex<[SessionRecord]>
  private let clock: any SessionClock

  init(_ database: DatabaseQueue, clock: any SessionClock) throws {
    self.database = database
    self.clock = clock
    let (rows, open) = try database.read { database in
      (try SessionRow.fetchAll(database), try PasscodeRow.fetchAll(database))
    }
    records = Mutex(try rows.map { try $0.record() })
    let (now, wall) = (clock.now, clock.wall)
    for row in open {
      guard let passcode = try row.passcode(at: now, wall) else { continue }
      _ = passcodes.put(row.hash, passcode, most: .max, at: now, wall)
    }
  }

  // MARK: Sessions

  /// What was in the file at the start; once.
  package func load() -> [SessionRecord] {
    records.withLock { records in
      defer { records = [] }
      return records
    }
  }

  /// Writes sessions and what has become of passcodes, in one transaction.
  package func save(_ records: [SessionRecord], ended: [SessionID]) async throws {
    let batch = pending.withLock { pending in
      defer { pending = [:] }
      return pending
    }
    let (ended, wall) = (ended.map(\.text), clock.wall.milliseconds)
    do {
      try await database.write { database in
        for record in records { try SessionRow(record).insert(database) }
        try SessionRow.deleteAll(database, keys: ended)
        try PasscodeRow.filter(ended.contains(Column("session"))).deleteAll(database)
        // One that was taken meanwhile is deleted before this or after it: it must not come back.
        for (hash, passcode) in batch where self.passcodes.has(hash) {
          try PasscodeRow(hash, passcode).insert(database)
        }
        try PasscodeRow.filter(Column("end") <= wall).deleteAll(database)
      }
    } catch {
      pending.withLock { pending in
        // What was taken meanwhile is not to come back.
        pending.merge(batch.filter { passcodes.has($0.key) }) { current, _ in current }
      }
      throw KeptSessionsFile.failure(error)
    }
  }

  // MARK: Passcodes

  package func put(
    _ hash: Digest,
    _ passcode: Passcode,
    most: Int,
    at now: ContinuousClock.Instant,
    _ wall: WallTime
  ) -> Bool {
    guard passcodes.put(hash, passcode, most: most, at: now, wall) else { return false }
    pending.withLock { $0[hash] = passcode }
    return true
  }

  package func has(_ hash: Digest) -> Bool { passcodes.has(hash) }

  /// Takes a passcode away, out of the file too.
  ///
  /// One that is no good is left there: the end of its time or of its session takes it out, and
  /// nobody waits for the disk.
  ///
  /// - Throws: `KeptSessionsError` when a good one cannot leave the file: it stays good.
  package func take(
    _ hash: Digest,
    where isGood: @Sendable (Passcode) -> Bool
  ) async throws -> Passcode? {
    guard let passcode = passcodes.take(hash, where: isGood) else {
      pending.withLock { _ = $0.removeValue(forKey: hash) }
      return nil
    }
    // Most are used before a `save` has seen them.
    if pending.withLock({ $0.removeValue(forKey: hash) }) != nil { return passcode }
    do {
      // After the transaction that may be writing it just now: one follows the other.
      _ = try await database.write { try PasscodeRow.deleteOne($0, key: hash.hex) }
    } catch {
      _ = passcodes.put(hash, passcode, most: .max, at: clock.now, clock.wall)
      throw KeptSessionsFile.failure(error)
    }
    return passcode
  }

  package func forget(_ sessions: [SessionID]) {
    guard !sessions.isEmpty else { return }
    passcodes.forget(sessions)
    let ended = Set(sessions)
    pending.withLock { pending in
      pending = pending.filter { !ended.contains($0.value.session) }
    }
  }
}
