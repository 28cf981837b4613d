import Foundation
import ProjectModel
import SessionFile
import Sessions
import Testing

@Suite struct KeptSessionsTests {
  /// A folder of a test's own with the file in it.
  private final class Place: Sendable {
    let folder: String
    var path: String { folder + "/sessions.sqlite" }
    var file: KeptSessionsFile { KeptSessionsFile(path) }

    init() throws {
      let url = URL.temporaryDirectory.appending(path: "syncd-kept-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      folder = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var names: [String] {
      get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    /// Begins a transaction of another program's, so that nobody else can write.
    ///
    /// - Returns: what ends it.
    func hold() throws -> () throws -> Void {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/python3")
      process.arguments = [
        "-c",
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); "
          + "c.execute('BEGIN IMMEDIATE'); print('held',flush=True); sys.stdin.read()", path,
      ]
      let (input, output) = (Pipe(), Pipe())
      (process.standardInput, process.standardOutput) = (input, output)
      try process.run()
      try #require(try output.fileHandleForReading.read(upToCount: 4) == Data("held".utf8))
      return {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
      }
    }

    /// What sqlite3 says, which is not our code.
    func ask(_ statement: String) throws -> String {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/python3")
      process.arguments = [
        "-c",
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); "
          + "print('\\n'.join('|'.join(map(str,r)) for r in c.execute(sys.argv[2])))",
        path, statement,
      ]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
  }

  private func record(_ number: UInt64, _ kind: SessionKind = .remote) throws -> SessionRecord {
    let storage = try JSONValue(reading: Array(#"{"z":1,"a":[true,null,"ü"],"n":1.50}"#.utf8))
    return SessionRecord(
      session: OpenSession(
        id: SessionID(RandomBits(high: number, low: 7)),
        kind: kind,
        userName: "ann",
        machineName: "desk",
        systemUserName: "ann.smith",
        client: "tool",
        api: 1,
        generation: PinnedGeneration(id: "a:1", digest: digest(number)),
        since: "2026-01-02T03:04:05.006Z",
        proof: .password,
        isDeveloper: true,
        address: "10.0.0.7",
        hostType: "mac",
        persistentID: "8FFD"
      ),
      token: kind == .remote ? digest(number + 1) : nil,
      cookies: [digest(number + 2), digest(number + 3)],
      staleCookies: [digest(number + 3)],
      privileges: ["one", "two"],
      roles: ["staff"],
      isSignedIn: true,
      idleMinutes: 90,
      storage: SharedObject(value: storage.object ?? JSONObject(), revision: 4),
      clientStorage: SharedObject(revision: 1),
      lastUse: WallTime(milliseconds: 1_767_323_045_006),
      isAsleep: true,
      lastProcess: 12,
      accepted: [1, 12]
    )
  }

  private func digest(_ number: UInt64) -> Digest { Digest(words: (number, 1, 2, 3)) }

  private func passcode(_ session: SessionID, seconds: Int = 600) -> Passcode {
    let life = Duration.seconds(seconds)
    return Passcode(
      session: session,
      made: SystemSessionClock().wall,
      end: ContinuousClock().now.advanced(by: life),
      wallEnd: SystemSessionClock().wall.advanced(by: life)
    )
  }

  private func put(_ kept: KeptSessions, _ hash: Digest, _ passcode: Passcode) -> Bool {
    kept.put(hash, passcode, most: 16, at: ContinuousClock().now, SystemSessionClock().wall)
  }

  private func take(_ kept: KeptSessions, _ hash: Digest) async throws -> Passcode? {
    try await kept.take(hash) { _ in true }
  }

  /// Clocks that stand still.
  private struct StoppedClock: SessionClock {
    let now = ContinuousClock().now
    let wall: WallTime
    func wait(until instant: Instant) async throws {}
  }

  @Test func everythingOfASessionComesBack() async throws {
    let place = try Place()
    let (one, two) = (try record(10), try record(20, .web))
    do {
      let opened = try place.file.open()
      #expect(opened.warning == nil && opened.sessions.load() == [])
      try await opened.sessions.save([one, two, try record(30)], ended: [])
      // Later states replace earlier ones, and those that have ended go.
      try await opened.sessions.save([two], ended: [try record(30).session.id])
    }
    let again = try place.file.open().sessions
    #expect(Set(again.load()) == [one, two])
    #expect(again.load() == [])
    let storage = try #require(try place.file.open().sessions.load().first).storage
    #expect(storage.value.bytes == one.storage.value.bytes)
  }

  @Test func theFileIsForThisAccountAlone() async throws {
    let place = try Place()
    #expect(FileManager.default.createFile(atPath: place.path, contents: nil))
    #expect(chmod(place.path, 0o644) == 0)
    let kept = try place.file.open().sessions
    try await kept.save([try record(10)], ended: [])
    for name in try place.names {
      let attributes = try FileManager.default.attributesOfItem(atPath: place.folder + "/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
    #expect(try place.names.contains("sessions.sqlite-wal"))
  }

  @Test func aPasscodeOutlivesTheServerAndIsTakenOnce() async throws {
    let place = try Place()
    let session = try record(10).session.id
    do {
      let kept = try place.file.open().sessions
      #expect(put(kept, digest(1), passcode(session)))
      #expect(put(kept, digest(2), passcode(session)))
      #expect(put(kept, digest(3), passcode(session, seconds: 0)))
      try await kept.save([try record(10)], ended: [])
      // After it is in the file: no second server takes it again, even when this one is killed now.
      #expect(try await take(kept, digest(1))?.session == session)
      #expect(try place.ask("select count(*) from passcode") == "1")
      // Before it is: it never gets there.
      #expect(put(kept, digest(4), passcode(session)))
      #expect(try await take(kept, digest(4)) != nil)
      try await kept.save([], ended: [])
    }
    do {
      let kept = try place.file.open().sessions
      for number: UInt64 in [1, 3, 4] { #expect(try await take(kept, digest(number)) == nil) }
      #expect(try await take(kept, digest(2))?.session == session)
      #expect(try await take(kept, digest(2)) == nil)
      #expect(put(kept, digest(5), passcode(session)))
      try await kept.save([], ended: [])
      kept.forget([session])
      try await kept.save([], ended: [session])
      #expect(try await take(kept, digest(5)) == nil)
    }
    #expect(try place.ask("select count(*) from passcode") == "0")
    #expect(try place.ask("select count(*) from session") == "0")
  }

  /// A passcode of ten minutes, and the next server's calendar.
  @Test(arguments: [(0, 600), (-1, nil), (599, 1), (600, nil)] as [(Int, Int?)])
  func aClockThatWasSetLengthensNoLife(shift: Int, left: Int?) async throws {
    let place = try Place()
    let session = try record(10).session.id
    let (made, life) = (WallTime(milliseconds: 1_767_323_045_006), Duration.seconds(600))
    do {
      let clock = StoppedClock(wall: made)
      let kept = try place.file.open(clock: clock).sessions
      let passcode = Passcode(
        session: session,
        made: made,
        end: clock.now.advanced(by: life),
        wallEnd: made.advanced(by: life)
      )
      #expect(kept.put(digest(1), passcode, most: 16, at: clock.now, made))
      try await kept.save([try record(10)], ended: [])
    }
    let clock = StoppedClock(wall: made.advanced(by: .seconds(shift)))
    let kept = try place.file.open(clock: clock).sessions
    let passcode = try await take(kept, digest(1))
    #expect(passcode.map { $0.end - clock.now } == left.map { .seconds($0) })
  }

  /// Another program keeps the file from being written: a full disk does the same.
  @Test func aPasscodeThatCannotLeaveTheFileStaysGood() async throws {
    let place = try Place()
    let session = try record(10).session.id
    let kept = try place.file.open().sessions
    for number: UInt64 in 1...2 { #expect(put(kept, digest(number), passcode(session))) }
    try await kept.save([try record(10)], ended: [])
    let release = try place.hold()
    // One that is no good goes without the disk, as one does that never was.
    #expect(try await kept.take(digest(2)) { _ in false } == nil)
    #expect(try await take(kept, digest(3)) == nil)
    await #expect(throws: (any Error).self) { try await take(kept, digest(1)) }
    try release()
    #expect(try await take(kept, digest(2)) == nil)
    #expect(try await take(kept, digest(1))?.session == session)
    #expect(try await take(kept, digest(1)) == nil)
  }

  @Test func takingWhileItIsSavedLeavesNothing() async throws {
    let place = try Place()
    let session = try record(10).session.id
    let kept = try place.file.open().sessions
    for round: UInt64 in 0..<50 {
      let hashes = (0..<8).map { digest(round * 8 + $0) }
      for hash in hashes { #expect(put(kept, hash, passcode(session))) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await kept.save([], ended: []) }
        for hash in hashes {
          group.addTask {
            let taken = try await take(kept, hash)
            #expect(taken != nil)
          }
        }
        try await group.waitForAll()
      }
    }
    try await kept.save([], ended: [])
    #expect(try place.ask("select count(*) from passcode") == "0")
  }

  @Test(arguments: [
    "not a database", String(repeating: "SQLite format 3\0", count: 600),
  ])
  func aDamagedFileIsSetAside(content: String) async throws {
    let place = try Place()
    try Data(content.utf8).write(to: URL(filePath: place.path))
    let opened = try place.file.open()
    let warning = try #require(opened.warning)
    #expect(warning.hasSuffix("the file is now \(place.path).aside."), "\(warning)")
    #expect(try String(contentsOfFile: place.path + ".aside", encoding: .utf8) == content)
    try await opened.sessions.save([try record(10)], ended: [])
    #expect(try place.file.open().warning == nil)
  }

  @Test func aDamagedRowIsDamageToo() async throws {
    for change in [
      "update session set storage = '[1'", "update session set cookies = 'x'",
      "update session set proof = 'none of ours'", "update session set token = 'short'",
      "drop table passcode", "alter table session drop column roles",
    ] {
      let place = try Place()
      do {
        let kept = try place.file.open().sessions
        try await kept.save([try record(10)], ended: [])
      }
      _ = try place.ask(change)
      let opened = try place.file.open()
      #expect(opened.warning?.contains("sessions.sqlite.aside") == true, "\(change)")
      #expect(opened.sessions.load() == [], "\(change)")
    }
  }

  @Test(arguments: [(7, "a newer"), (1, "an older")])
  func aFileOfAnotherVersionIsSetAside(version: Int, age: String) async throws {
    let place = try Place()
    do { try await place.file.open().sessions.save([try record(10)], ended: []) }
    _ = try place.ask("pragma user_version = \(version)")
    let opened = try place.file.open()
    let words = "\(age) syncd has written them, in version \(version)"
    #expect(opened.warning?.contains(words) == true)
    #expect(opened.sessions.load() == [])
    #expect(try place.ask("pragma user_version") == "2")
  }

  @Test func aFileThatCannotBeWrittenIsAnError() throws {
    let place = try Place()
    let nowhere = KeptSessionsFile(place.folder + "/none/sessions.sqlite")
    #expect {
      _ = try nowhere.open()
    } throws: { error in
      "\(error)".contains("none/sessions.sqlite cannot be used") && "\(error)".contains("rights")
    }
    // A link leads to a file that is somebody else's.
    try FileManager.default.createSymbolicLink(
      atPath: place.path,
      withDestinationPath: place.folder + "/elsewhere"
    )
    #expect(throws: KeptSessionsError.self) { try place.file.open() }
    #expect(try place.names == ["sessions.sqlite"])
  }

  @Test func whatWasKeptCanBeRemoved() async throws {
    let place = try Place()
    try place.file.remove()
    let kept = try place.file.open().sessions
    try await kept.save([try record(10)], ended: [])
    try place.file.remove()
    #expect(try place.names == [])
  }

  @Test func whatCannotBeRemovedIsNamedWithWhatToDo() throws {
    let place = try Place()
    try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: false)
    #expect {
      try place.file.remove()
    } throws: { error in
      "\(error)".contains("\(place.path) is left from sessions that were kept")
        && "\(error)".contains("remove it") && !"\(error)".contains("without")
    }
  }

  /// Asked for by `SYNCD_MEASURE`.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SYNCD_MEASURE"] != nil))
  func tenThousandSessionsAreWrittenAndRead() async throws {
    let place = try Place()
    let kept = try place.file.open().sessions
    let records = try (0..<10_000).map { try record(100 * $0) }
    let begin = ContinuousClock().now
    for start in stride(from: 0, to: records.count, by: 500) {
      try await kept.save(Array(records[start..<start + 500]), ended: [])
    }
    let written = ContinuousClock().now
    #expect(try place.file.open().sessions.load().count == 10_000)
    print("written in \(written - begin), read in \(ContinuousClock().now - written)")
  }

  @Test(arguments: [
    "lastUse=-9223372036854775808", "lastUse=9223372036854775807",
    "lastProcess=9223372036854775807", "accepted='[13]'", "accepted='[-1]'", "token=NULL",
    "kind='storedProcedure'", "kind='web'",
  ]) func aDamagedRowIsNotReckonedWith(change: String) async throws {
    let place = try Place()
    try await place.file.open().sessions.save([record(1)], ended: [])
    _ = try place.ask("UPDATE session SET \(change)")
    let opened = try place.file.open()
    #expect(opened.warning?.contains("damaged") == true)
    #expect(opened.sessions.load().isEmpty)
    #expect(try place.names.contains("sessions.sqlite.aside"))
  }
}
