import Foundation
import TestPrograms
import Testing

/// `syncd serve FILE.4dz`: a deployed server without a project folder, through the built program.
@Suite(.timeLimit(.minutes(10))) struct DeployedTests {
  /// A folder with a packed project in it, as a builder leaves it, and a place for what is new.
  private struct Site {
    let place: Workplace
    var folder: String { place.path + "/app" }
    var archive: String { folder + "/App.4dz" }

    init() async throws {
      place = try Workplace()
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await replace()
    }

    /// Builds the project anew and renames the archive over the one that is served.
    func replace() async throws {
      let fresh = place.path + "/fresh.4dz"
      let built = try await Program.run("build", place.project, "-o", fresh)
      try #require(built.status == 0, "\(built.errors)")
      #expect(rename(fresh, archive) == 0)
    }

    func serve(_ extra: String...) async throws -> Server {
      let running = try RunningProgram(
        Program.path,
        ["serve", archive, "--listen", "127.0.0.1:0", "--state-dir", place.state] + extra
      )
      let ready = try #require(
        await running.line(containing: "syncd: serving"),
        "\(running.errors)"
      )
      let found = try #require(
        ready.firstMatch(of: /at (127\.0\.0\.1:\d+), generation ([0-9a-f]+:\d+)/)
      )
      return Server(
        running: running,
        ready: ready,
        address: String(found.1),
        generation: String(found.2)
      )
    }

    func contents() throws -> Data { try Data(contentsOf: URL(filePath: archive)) }

    func syncd(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(Program.path, arguments + ["--state-dir", place.state])
    }
  }

  @Test func aReplacedArchiveReachesAFollowingClientWithTheVeryBytes() async throws {
    let site = try await Site()
    let server = try await site.serve()
    #expect(server.ready.contains("serving Shop at"))
    let client = try await site.place.follow(server, into: "app.4dz")
    #expect(try site.place.contents("app.4dz") == site.contents())

    try site.place.save("ALERT(\"new\")\n", "Project/Sources/Methods/m3.4dm")
    try await site.replace()
    let notice = try #require(await client.line(containing: "reconnect required"))
    #expect(notice.contains("Project/Sources/Methods/m3.4dm"))
    let update = try #require(await client.line(containing: "verified"))
    #expect(update.contains("by a delta"))
    #expect(try site.place.contents("app.4dz") == site.contents())
    #expect(await server.stop() == 0)

    // The same numbers go on.
    let again = try await site.serve()
    let (before, after) = (server.generation, again.generation)
    #expect(before.prefix { $0 != ":" } == after.prefix { $0 != ":" })
    #expect(after.hasSuffix(":2"))
    #expect(await again.stop() == 0)
  }

  @Test func anArchiveThatIsWrittenSlowlyIsTakenWhenItIsWhole() async throws {
    let site = try await Site()
    let server = try await site.serve()
    let client = try await site.place.follow(server, into: "app.4dz")
    try site.place.save("ALERT(\"slow\")\n", "Project/Sources/Methods/m4.4dm")
    let old = try site.contents()
    try await site.replace()
    _ = try #require(await client.line(containing: "verified"))
    let new = try site.contents()

    // In place, piece by piece; a reload in the middle finds it broken and keeps what there is.
    let file = try FileHandle(forWritingTo: URL(filePath: site.archive))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: old.prefix(old.count / 2))
    let broken = try await site.syncd("reload")
    #expect(broken.status == 1)
    #expect(broken.errors.contains("the reload failed; generation"))
    let status = try await site.syncd("status")
    #expect(status.output.contains("degraded"))
    #expect(try site.place.contents("app.4dz") == new)
    try file.write(contentsOf: old.dropFirst(old.count / 2))
    try file.close()
    _ = try #require(await client.line(containing: "verified"))
    #expect(try site.place.contents("app.4dz") == old)
    #expect(try await site.syncd("status").output.contains("serving"))
    #expect(await server.stop() == 0)
  }

  @Test func aBrokenOrMissingArchiveLeavesTheOldOneServed() async throws {
    let site = try await Site()
    let server = try await site.serve()
    let good = try site.contents()
    try Data("no archive".utf8).write(to: URL(filePath: site.archive), options: .atomic)
    let refused = try await site.syncd("reload")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("no .4dz archive"))
    #expect(await server.running.complains(of: "Reload failed"))
    let client = try await Program.run(
      "connect",
      server.address,
      "-o",
      site.place.path + "/app.4dz"
    )
    #expect(client.status == 0, "\(client.errors)")
    #expect(try site.place.contents("app.4dz") == good)
    try FileManager.default.removeItem(atPath: site.archive)
    let gone = try await site.syncd("reload")
    #expect(gone.status == 1)
    #expect(gone.errors.contains("the archive is not there"))
    try good.write(to: URL(filePath: site.archive))
    let back = try await site.syncd("reload")
    #expect(back.status == 0, "\(back.errors)")
    #expect(try await site.syncd("status").output.contains(server.generation))
    #expect(await server.stop() == 0)
  }

  @Test func nothingOfTheProjectCanBeChanged() async throws {
    let site = try await Site()
    let server = try await site.serve()
    let catalog = try await site.syncd("catalog", "show")
    #expect(catalog.status == 0, "\(catalog.errors)")
    #expect(catalog.output.contains("T0"))
    let edit = try await site.syncd(
      "catalog",
      "edit",
      "--op",
      #"{"op":"add-field","table":"T0","name":"New","type":"text"}"#
    )
    #expect(edit.status != 0)
    #expect(edit.errors.contains("deployed archive is only read"))
    let save = try await site.syncd("save-all")
    #expect(save.status != 0)
    #expect(save.errors.contains("there is nothing to save"))
    let develop = try await Program.run(
      "connect",
      server.address,
      "-o",
      site.place.path + "/a.4dz",
      "--development",
      site.folder
    )
    #expect(develop.status != 0)
    let hooks = try await Program.run("hooks", "install", site.archive)
    #expect(hooks.status == 1)
    #expect(hooks.errors.contains("git has no hooks for it"))
    let doctor = try await Program.run(
      "doctor",
      site.archive,
      "--state-dir",
      site.place.state
    )
    #expect(doctor.status == 0, "\(doctor.output)")
    #expect(await server.stop() == 0)
  }

  @Test func theFirstChangeOfTheUsersCopiesTheApplicationsFile() async throws {
    let site = try await Site()
    let embedded = site.folder + "/Settings/directory.json"
    let sample = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "fixtures/sample/Settings/directory.json")
    try FileManager.default.createDirectory(
      atPath: site.folder + "/Settings",
      withIntermediateDirectories: true
    )
    try FileManager.default.copyItem(atPath: sample.path, toPath: embedded)
    let original = try Data(contentsOf: URL(filePath: embedded))
    let data = site.place.path + "/data"
    let server = try await site.serve("--data", data)
    let shown = try await site.syncd("directory", "show")
    #expect(shown.output.contains("user Marie"), "\(shown.errors)")
    let edit = try await site.syncd(
      "directory",
      "edit",
      "--op",
      #"{"op":"set-password","user":"Designer","password":"secret"}"#
    )
    #expect(edit.status == 0, "\(edit.errors)")
    #expect(try Data(contentsOf: URL(filePath: embedded)) == original)
    let copy = try Data(contentsOf: URL(filePath: data + "/Settings/directory.json"))
    #expect(copy != original)
    #expect(String(decoding: copy, as: UTF8.self).contains("Marie"))
    // The Designer has a password now, and clients log in.
    let stranger = try await Program.run(
      "connect",
      server.address,
      "-o",
      site.place.path + "/a.4dz"
    )
    #expect(stranger.status == 4)
    #expect(await server.stop() == 0)
  }

  @Test func aCompiledProjectIsPackedWithItsCodeAndServed() async throws {
    let site = try await Site()
    let build = ["build", site.place.project, "-o", site.archive, "--profile", "compiled"]
    let early = try await Program.run(Program.path, build)
    #expect(early.status == 1)
    #expect(early.errors.contains("compile it first, in 4D or tool4d"))
    try site.place.save("{}", "Project/DerivedData/CompiledCode/map.json")
    let built = try await Program.run(Program.path, build)
    #expect(built.status == 0, "\(built.errors)")
    let digest = try #require(built.output.firstMatch(of: /digest [0-9a-f]{64}/)).0
    #expect(try await Program.run("verify", site.archive).output.contains(digest))
    let server = try await site.serve()
    let client = try await site.place.follow(server, into: "app.4dz")
    #expect(try site.place.contents("app.4dz") == site.contents())
    client.send(SIGTERM)
    #expect(await server.stop() == 0)
  }

  @Test func whatCannotBeServedIsSaidInOneSentence() async throws {
    let site = try await Site()
    let folder = site.place.path
    func serve(_ name: String) async throws -> Program.Result {
      try await Program.run("serve", folder + "/" + name, "--state-dir", folder + "/none")
    }
    let missing = try await serve("missing.4dz")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("No such file"))
    try Data("text".utf8).write(to: URL(filePath: folder + "/text.4dz"))
    #expect(try await serve("text.4dz").errors.contains("no .4dz archive"))
    var bytes = try site.contents()
    bytes.replaceSubrange((bytes.count - 22)..<(bytes.count - 18), with: [0x11, 0x12, 9, 8])
    try bytes.write(to: URL(filePath: folder + "/protected.4dz"))
    #expect(try await serve("protected.4dz").errors.contains("protected archive of 4D"))
    let pack =
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1],'w')\nfor n in sys.argv[2:]: z.writestr(n,'{}')"
    for (name, members, sentence) in [
      ("none.4dz", ["Project/x"], "holds no 4D project"),
      ("two.4dz", ["Project/a.4DProject", "Project/b.4DProject"], "more than one .4DProject"),
    ] {
      let made = try await Program.run(
        "/usr/bin/env",
        ["python3", "-c", pack, folder + "/" + name] + members
      )
      #expect(made.status == 0)
      let result = try await serve(name)
      #expect(result.status == 1)
      #expect(result.errors.contains(sentence))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    // What was refused leaves nothing behind.
    #expect(!FileManager.default.fileExists(atPath: folder + "/none"))
    let data = try await Program.run("serve", site.place.project, "--data", folder)
    #expect(data.status != 0)
    #expect(data.errors.contains("--data is for a .4dz"))
    let build = try await Program.run("build", site.archive, "-o", folder + "/x.4dz")
    #expect(build.status == 1)
    let compiled = try await Program.run("serve", site.place.project, "--profile", "compiled")
    #expect(compiled.status == 2)
    #expect(compiled.errors.contains("syncd build --profile compiled"))
  }
}
