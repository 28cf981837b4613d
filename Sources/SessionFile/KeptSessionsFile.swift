import GRDB
import Glibc
package import Sessions

/// The file that kept sessions are in: for this account alone, and a matter of the server alone.
package struct KeptSessionsFile: Sendable {
  /// An opened file.
  package struct Opened: Sendable {
    package let sessions: KeptSessions
    /// Why there is nothing of an earlier server in it, although there was a file.
    package let warning: String?
  }

  /// What this version writes and reads.
  static let version = 2
  /// What `journal_mode = WAL` keeps beside the file.
  private static let companions = ["-wal", "-shm"]

  package let path: String

  package init(_ path: String) { self.path = path }

  /// Opens the file, makes it where there is none, and reads what is in it.
  ///
  /// One that is damaged or of a newer version is set aside under another name, and a new one made.
  ///
  /// - Throws: `KeptSessionsError` where no file can be written.
  package func open(clock: any SessionClock = SystemSessionClock()) throws -> Opened {
    do {
      return Opened(sessions: try read(clock), warning: nil)
    } catch let error as KeptSessionsError {
      throw error
    } catch let error as Unusable {
      let aside = try setAside()
      let sentence =
        "The kept sessions cannot be used (\(error.reason)), so that everybody starts anew; "
        + "the file is now \(aside)."
      return Opened(sessions: try read(clock), warning: sentence)
    }
  }

  /// Removes what a server that kept its sessions has left.
  package func remove() throws(KeptSessionsError) {
    for name in [path] + Self.companions.map({ path + $0 }) where unlink(name) != 0 {
      guard errno == ENOENT else {
        throw KeptSessionsError(
          "\(name) is left from sessions that were kept and cannot be removed "
            + "(\(String(cString: strerror(errno)))): remove it, or they would come back with a later "
            + "--keep-sessions"
        )
      }
    }
  }

  // MARK: Opening

  /// Why a file is of no use, though it can be read and written.
  private struct Unusable: Error {
    let reason: String
  }

  private func read(_ clock: any SessionClock) throws -> KeptSessions {
    try make()
    do {
      let database = try DatabaseQueue(path: path, configuration: Self.configuration)
      try Self.prepare(database)
      return try KeptSessions(database, clock: clock)
    } catch let error as Unusable {
      throw error
    } catch let error as DatabaseError where Self.isOfTheSystem(error) {
      throw KeptSessionsError("\(path): \(Self.failure(error).description)")
    } catch let error as DatabaseError {
      throw Unusable(reason: error.message ?? "it is damaged")
    } catch {
      throw Unusable(reason: "\(error)")
    }
  }

  /// Before SQLite opens it: what that makes beside it gets the same rights.
  private func make() throws(KeptSessionsError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else { throw failure(errno) }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "sessions"
    configuration.busyMode = .timeout(2)
    configuration.journalMode = .wal
    // What a killed process has written is there; what a power cut takes is the last moments.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
    return configuration
  }

  private static func prepare(_ database: DatabaseQueue) throws {
    try database.write { database in
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      guard found == version || found == 0 else {
        let age = found > version ? "a newer" : "an older"
        throw Unusable(reason: "\(age) syncd has written them, in version \(found)")
      }
      let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
      guard check == "ok" else { throw Unusable(reason: "the file is damaged") }
      guard found == 0 else { return }
      try SessionRow.create(in: database)
      try PasscodeRow.create(in: database)
      try database.execute(sql: "PRAGMA user_version = \(version)")
    }
  }

  // MARK: Failures

  /// Keeps one for whoever wants to look; an earlier one makes way.
  private func setAside() throws(KeptSessionsError) -> String {
    let aside = path + ".aside"
    guard rename(path, aside) == 0 else { throw failure(errno) }
    for end in Self.companions where rename(path + end, aside + end) != 0 {
      guard errno == ENOENT else { throw failure(errno) }
      unlink(aside + end)
    }
    return aside
  }

  /// Whether the cause is not in the file's content.
  private static func isOfTheSystem(_ error: DatabaseError) -> Bool {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_FULL,
      .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_NOMEM:
      true
    default: false
    }
  }

  private func failure(_ number: Int32) -> KeptSessionsError {
    KeptSessionsError(
      "\(path) cannot be used for the kept sessions (\(String(cString: strerror(number)))): "
        + "see to its rights and to free space, or serve without --keep-sessions"
    )
  }

  /// Of what SQLite says the sentence alone: statements and values stay out of logs.
  static func failure(_ error: any Error) -> any Error & CustomStringConvertible {
    guard let error = error as? DatabaseError else {
      return KeptSessionsError("the kept sessions cannot be written")
    }
    return KeptSessionsError(error.message ?? "SQLite error \(error.resultCode.rawValue)")
  }
}
