import Foundation
import TestPrograms
import Testing

/// The way of a change from an editor to a client, through the built program.
@Suite(.timeLimit(.minutes(10))) struct MainJobTests {
  @Test func aSaveReachesAFollowingClientAsAVerifiedBundle() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let client = try await place.follow(server, into: "app.4dz")
    #expect(try await place.build() == place.contents("app.4dz"))

    try place.save("ALERT(\"changed\")\n", "Project/Sources/Methods/m3.4dm")
    let notice = try #require(await client.line(containing: "reconnect required"))
    #expect(notice.contains("Project/Sources/Methods/m3.4dm"))
    _ = try #require(await client.line(containing: "verified"))
    #expect(try await place.build() == place.contents("app.4dz"))
    #expect(await server.stop() == 0)
  }

  @Test func aFollowingClientFetchesWhatChanged() async throws {
    let place = try Workplace()
    // What the archive would cost: it cannot be packed.
    let noise = Data((0..<300_000).map { _ in UInt8.random(in: 0...255) })
    try place.save("", "Project/Sources/noise.bin")
    try noise.write(to: URL(filePath: place.project + "/Project/Sources/noise.bin"))
    let server = try await place.serve()
    let client = try RunningProgram(
      Program.path,
      ["connect", server.address, "-o", place.path + "/app.4dz", "--follow", "--json"]
    )
    let first = try #require(await client.line(containing: "\"updated\""))
    #expect(first.contains("\"delta\":false"))
    for turn in 0..<12 {
      try place.save("ALERT(\"turn \(turn)\")\n", "Project/Sources/Methods/m\(turn % 3).4dm")
      if turn == 5 { try place.remove("Project/Sources/Methods/m9.4dm") }
      if turn == 7 { try place.save("{}", "Project/Sources/Forms/New/form.4DForm") }
      let line = try #require(await client.line(containing: "\"updated\""))
      #expect(line.contains("\"delta\":true"))
      let received = try #require(line.firstMatch(of: /"received":(\d+)/)).1
      #expect(try #require(Int(received)) < 2_000)
    }
    // Two changes of a turn may have been two generations.
    let digest = try #require(try await place.reload().generation).digest
    while !(try await Program.run("verify", place.path + "/app.4dz").output.contains(digest)) {
      let line = try #require(await client.line(containing: "\"updated\""))
      #expect(line.contains("\"delta\":true"))
    }
    #expect(try await place.build() == place.contents("app.4dz"))
    // Somebody wrote to the file: the delta is of no use, the whole bundle is.
    client.send(SIGTERM)
    _ = await client.exitStatus()
    var damaged = try place.contents("app.4dz")
    damaged[damaged.count / 2] ^= 0xFF
    try FileManager.default.removeItem(atPath: place.path + "/app.4dz")
    try damaged.write(to: URL(filePath: place.path + "/app.4dz"))
    let mended = try await Program.run("connect", server.address, "-o", place.path + "/app.4dz")
    #expect(mended.status == 0)
    #expect(try await place.build() == place.contents("app.4dz"))
    #expect(await server.stop() == 0)
  }

  @Test func aUserLogsInAndTheCommandRunsAfterEachFile() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let set = ["set-password", "designer", "secret"]
    let edit = try await Program.run(
      Program.path,
      ["directory", "edit", "--state-dir", place.state, "--op"]
        + [#"{"op":"\#(set[0])","user":"\#(set[1])","password":"\#(set[2])"}"#]
    )
    #expect(edit.status == 0, "\(edit.errors)")
    let file = place.path + "/app.4dz"
    let stranger = try await Program.run("connect", server.address, "-o", file)
    #expect(stranger.status == 4)
    #expect(stranger.errors.contains("--user"))
    #expect(!FileManager.default.fileExists(atPath: file))
    let password = place.path + "/password"
    try Data("wrong\n".utf8).write(to: URL(filePath: password))
    let login = ["connect", server.address, "-o", file, "--user", "Designer", "--password-file"]
    let open = try await Program.run(Program.path, login + [password])
    #expect(open.status == 2)
    #expect(open.errors.contains("chmod 600"))
    #expect(chmod(password, 0o600) == 0)
    #expect(try await Program.run(Program.path, login + [password]).status == 4)
    try Data("secret\n".utf8).write(to: URL(filePath: password))
    #expect(chmod(password, 0o600) == 0)
    let log = place.path + "/log"
    let command = #"echo "$SYNCD_GENERATION $SYNCD_FILE" >> '\#(log)'"#
    let client = try RunningProgram(
      Program.path,
      login + [password, "--follow", "--json", "--exec", command]
    )
    _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    let listed = try await Program.run("clients", "--state-dir", place.state)
    #expect(listed.output.contains("Designer"))
    try place.save("ALERT(1)\n", "Project/Sources/Methods/m1.4dm")
    _ = try #require(await client.line(containing: "\"updated\""))
    try place.save("ALERT(2)\n", "Project/Sources/Methods/m1.4dm")
    let last = try #require(await client.line(containing: "\"updated\""))
    // The command of the file before has ended when the next one is there.
    let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(lines.count >= 2)
    #expect(lines.allSatisfy { $0.hasSuffix(" " + file) })
    #expect(last.contains("\"delta\":true"))
    #expect(await server.stop() == 0)
  }

  @Test func anOldGenerationIsStillServedAndADistantOneIsTrimmed() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    var digests = [try #require(try await place.reload().generation).digest]
    for turn in 0..<10 {
      try place.save("ALERT(\(turn))\n", "Project/Sources/Methods/m1.4dm")
      digests.append(try #require(try await place.reload().generation).digest)
    }
    func status(_ path: String) async throws -> String {
      let url = "http://\(server.address)/v1/\(path)"
      let format = ["-s", "-o", place.path + "/got", "-w", "%{http_code}", url]
      return try await Program.run("/usr/bin/curl", format).output
    }
    #expect(try await status("bundles/\(digests[digests.count - 8])") == "200")
    #expect(
      try await Program.run("verify", place.path + "/got").output
        .contains(digests[digests.count - 8])
    )
    #expect(try await status("bundles/\(digests[0])") == "410")
    #expect(try await status("deltas/\(digests[4])/\(digests[10])") == "200")
    #expect(try await status("deltas/\(digests[0])/\(digests[10])") == "410")
    let epoch = server.generation.split(separator: ":")[0]
    #expect(try await status("generations/\(epoch):8") == "200")
    #expect(try await status("generations/\(epoch):1") == "410")
    #expect(await server.stop() == 0)
  }

  @Test func aReloadAnswersOnceForEverythingWrittenBefore() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    for number in 0..<50 {
      try place.save("x\(number)", "Project/Sources/Methods/new\(number).4dm")
    }
    let answer = try await place.reload()
    #expect(["published", "unchanged"].contains(answer.outcome))
    let built = try await Program.run("build", place.project, "-o", place.path + "/r.4dz", "--json")
    #expect(built.output.contains(try #require(answer.generation).digest))
    let again = try await place.reload()
    #expect(again.outcome == "unchanged")
    #expect(again.generation?.gen == answer.generation?.gen)
    #expect(await server.stop() == 0)
  }

  @Test func aTouchThatChangesNoByteIsNoGeneration() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let before = try await place.reload()
    try place.save("ALERT(\"3\")\n", "Project/Sources/Methods/m3.4dm")
    let after = try await place.reload()
    #expect(after.outcome == "unchanged")
    #expect(after.generation?.gen == before.generation?.gen)
    #expect(await server.stop() == 0)
  }

  @Test func editorsTemporaryFilesAndDerivedDataWakeNobody() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let before = try await place.reload()
    for name in ["m1.4dm~", ".m1.4dm.swp", "4913", "#m1#", ".DS_Store", "x.tmp"] {
      try place.save("x", "Project/Sources/Methods/" + name)
    }
    try place.save("x", "Project/DerivedData/methodAttributes.json")
    try place.save("x", "Project/Trash/Methods/(old).4dm")
    try place.save("x", "Settings/directory.json")
    let after = try await place.reload()
    #expect(after.generation?.digest == before.generation?.digest)
    #expect(await server.stop() == 0)
  }

  @Test func aSystemFolderInsideTheProjectIsNeitherBundledNorWatched() async throws {
    let place = try Workplace()
    let state = place.project + "/.state"
    let clean = try await place.build()
    let server = try await place.serve("--state-dir", state)
    let status = ["status", "--state-dir", state, "--json"]
    let before = try await Program.run(Program.path, status)
    #expect(before.output.contains(#""directories":"#))
    for folder in ["userPreferences", "DerivedDataRemote"] {
      try place.save("x", ".state/\(folder)/12/Methods/m1.4dm")
    }
    let after = try await Program.run(Program.path, ["reload", "--state-dir", state, "--json"])
    let answer = try JSONDecoder().decode(ReloadAnswer.self, from: Data(after.output.utf8))
    let digest = try #require(answer.generation).digest
    #expect(answer.outcome == "unchanged")
    #expect(try place.contents("project/.state/generations/\(digest).4dz") == clean)
    let watched = /"directories":\d+/
    let seen = try await Program.run(Program.path, status)
    #expect(seen.output.firstMatch(of: watched)?.0 == before.output.firstMatch(of: watched)?.0)
    #expect(await server.stop() == 0)
  }

  @Test func everyStateOfASeriesOfEditsReachesTheClientByteForByte() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let client = try await place.follow(server, into: "app.4dz")
    for step in 0..<12 {
      switch step % 4 {
      case 0: try place.save("step \(step)", "Project/Sources/Methods/m\(step).4dm")
      case 1: try place.save("{}", "Project/Sources/Forms/f\(step)/form.4DForm")
      case 2: try place.remove("Project/Sources/Methods/m\(step).4dm")
      default: try place.save(Workplace.catalog(tables: step), "Project/Sources/catalog.4DCatalog")
      }
      let digest = try #require(try await place.reload().generation).digest
      repeat {
        _ = try #require(await client.line(containing: "verified"))
      } while !(try await Program.run("verify", place.path + "/app.4dz").output.contains(digest))
      #expect(try await place.build() == place.contents("app.4dz"))
    }
    #expect(await server.stop() == 0)
  }

  @Test func aClientThatIsStoppedKeepsItsFileAndNeedsNoDownloadLater() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let first = try await Program.run("connect", server.address, "-o", place.path + "/app.4dz")
    #expect(first.status == 0)
    let again = try await Program.run("connect", server.address, "-o", place.path + "/app.4dz")
    #expect(again.output.contains("is current"))
    let mode = try FileManager.default.attributesOfItem(atPath: place.path + "/app.4dz")
    #expect(mode[.posixPermissions] as? Int == 0o444)
    #expect(await server.stop() == 0)
  }

  @Test func aRestartGoesOnWithTheSameGenerationAndCountsOn() async throws {
    let place = try Workplace()
    let first = try await place.serve()
    try place.save("x", "Project/Sources/Methods/m1.4dm")
    let before = try #require(try await place.reload().generation)
    first.running.send(SIGKILL)
    _ = await first.running.exitStatus()

    let second = try await place.serve()
    #expect(second.generation == "\(before.epoch):\(before.gen)")
    try place.save("y", "Project/Sources/Methods/m1.4dm")
    let after = try #require(try await place.reload().generation)
    #expect(after.epoch == before.epoch)
    #expect(after.gen == before.gen + 1)
    #expect(await second.stop() == 0)
  }

  @Test func aFollowingClientOutlivesARestartOfTheServer() async throws {
    let place = try Workplace()
    let first = try await place.serve()
    let client = try await place.follow(first, into: "app.4dz")
    #expect(await first.stop() == 0)
    _ = try #require(await client.line(containing: "Trying again"))
    try place.save("while away", "Project/Sources/Methods/m1.4dm")
    let second = try await place.serve(again: first.address)
    _ = try #require(await client.line(containing: "verified"))
    #expect(try await place.build() == place.contents("app.4dz"))
    #expect(await second.stop() == 0)
  }
}
