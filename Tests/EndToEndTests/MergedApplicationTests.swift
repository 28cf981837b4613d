import Foundation
import TestPrograms
import Testing

/// A packaged client with the built programs: how it finds its server, and how it updates itself.
@Suite(.timeLimit(.minutes(10))) struct MergedApplicationTests {
  private func keys(_ server: Server) -> [String] {
    ["IPAddress=127.0.0.1", "PortNumber=\(server.address.split(separator: ":").last ?? "")"]
  }

  private func read(_ place: Workplace, _ file: String) throws -> String {
    String(decoding: try place.contents(file), as: UTF8.self)
  }

  @Test func theClientFollowsItsServerAndUpdatesItself() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = keys(server)
    let client = try await place.package(into: "one", keys[0], keys[1])
    let first = try place.startClient(client, "--exec", "echo ran $SYNCD_FILE")
    _ = try #require(await first.line(containing: "connected to Shop"), "\(first.errors)")
    let ran = try #require(await first.line(containing: "ran "), "\(first.errors)")
    #expect(ran == "ran \(place.path)/data/Shop/Shop.4dz")
    #expect(try await place.build() == place.contents("data/Shop/Shop.4dz"))
    #expect(try read(place, "data/Shop/lastServer.xml").contains("\"\(server.address)\""))
    try place.save("ALERT(\"new\")", "Project/Sources/Methods/m3.4dm")
    _ = try #require(await first.line(containing: "by a delta"), "\(first.errors)")
    first.send(SIGTERM)
    _ = await first.exitStatus()

    // The second version, brought to it; it starts itself anew and goes on.
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
    let updates = place.path + "/two/ShopServer/Upgrade4DClient"
    let offered = try place.startClient(client, "--update-from", updates)
    _ = try #require(await offered.line(containing: "Version 2 of Shop is there"))
    _ = try #require(await offered.line(containing: "is current"))
    offered.send(SIGTERM)
    _ = await offered.exitStatus()
    let second = try place.startClient(client, "--update-from", updates, "--update", "always")
    _ = try #require(
      await second.line(containing: "version 2 of Shop is installed"),
      "\(second.errors)"
    )
    _ = try #require(await second.line(containing: "is current"), "\(second.errors)")
    let versions = try FileManager.default.contentsOfDirectory(atPath: client + "/versions")
    #expect(versions.filter { $0 != ".lock" }.map { $0.prefix(2) } == ["2-"])
    #expect(second.errors == "")
    second.send(SIGTERM)
    #expect(await second.exitStatus() != 0)
    #expect(await server.stop() == 0)
  }

  @Test func theServerIsFoundByItsNameThenWhereItWasAndByChoiceOnlyWhereAllowed() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    // Port 9 answers nobody.
    let open = try await place.package(
      into: "open",
      "IPAddress=127.0.0.1",
      "PortNumber=9",
      "ServerSelectionAllowed=True"
    )
    let none = try await place.runClient(open)
    #expect(none.status == 3)
    #expect(
      none.errors.contains("--select or --server") && none.errors.split(separator: "\n").count == 1
    )
    let named = try place.startClient(open, "--server", server.address)
    _ = try #require(await named.line(containing: "verified"), "\(named.errors)")
    named.send(SIGTERM)
    _ = await named.exitStatus()
    // The last server that worked stands in for the embedded one, also where no choice is allowed.
    let closed = try await place.package(into: "closed", "IPAddress=127.0.0.1", "PortNumber=9")
    let last = try place.startClient(closed)
    _ = try #require(await last.line(containing: "connected to Shop at \(server.address)"))
    last.send(SIGTERM)
    _ = await last.exitStatus()
    for option in [["--select"], ["--server", server.address]] {
      let refused = try await Program.run("/usr/bin/env", place.clientArguments(closed, option))
      #expect(refused.status == 4 && refused.errors.contains("allows no other server"))
    }
    #expect(await server.stop() == 0)
    let gone = try await place.runClient(closed)
    #expect(gone.status == 3 && gone.errors.contains("127.0.0.1:9"))
    #expect(!gone.errors.contains("--select"))
  }

  @Test func aServerIsChosenByItsNumber() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = keys(server)
    let client = try await place.package(
      into: "out",
      keys[1],
      "ServerSelectionAllowed=True",
      "IPAddress=127.0.0.1"
    )
    let words = place.clientArguments(client, ["--select"]).map { "'\($0)'" }.joined(separator: " ")
    try Data("1\n".utf8).write(to: URL(filePath: place.path + "/answer"))
    // It looks for a few seconds, and shows what it has found.
    let chosen = try await started("connected to Shop at") {
      try RunningProgram("/bin/sh", ["-c", "exec env \(words) <'\(place.path)/answer'"])
    }
    for text in ["NAME", "Shop"] { #expect(await chosen.complains(of: text), "\(chosen.errors)") }
    chosen.send(SIGTERM)
    #expect(await server.stop() == 0)
  }

  @Test func aServersFolderIsFoundByItsArchive() async throws {
    let place = try Workplace()
    _ = try await place.package(into: "out", "ServerStructureFolderName=Books")
    let folder = place.path + "/out/ShopServer"
    let state = "XDG_STATE_HOME=\(place.path)/states"
    let running = try RunningProgram(
      "/usr/bin/env",
      [state, folder + "/ShopServer", "--listen", "127.0.0.1:0"]
    )
    _ = try #require(await running.line(containing: "syncd: serving"), "\(running.errors)")
    let archive = folder + "/Server Database/Shop.4DZ"
    let status = try await Program.run("/usr/bin/env", [state, Program.path, "status", archive])
    #expect(status.status == 0 && status.output.contains("Shop"), "\(status)")
    let doctor = try await Program.run("/usr/bin/env", [state, Program.path, "doctor", archive])
    #expect(doctor.output.contains("/states/syncd/Books"), "\(doctor)")
    // Nobody packages another one over it while it runs.
    let refused = try await place.tryPackaging(into: "out", ["CurrentVers=2"])
    #expect(refused.status != 0 && refused.errors.contains("The server runs out of"), "\(refused)")
    running.send(SIGTERM)
    #expect(await running.exitStatus() == 0)
    _ = try await place.package(into: "out", "CurrentVers=2")
  }

  @Test func twoApplicationsShareNoServersFolder() async throws {
    let place = try Workplace()
    let state = "XDG_STATE_HOME=\(place.path)/states"
    func start(_ name: String) async throws -> [String] {
      let keys = ["ServerStructureFolderName=Books", "BuildApplicationName=\(name)"]
      let made = try await place.tryPackaging(into: name, keys)
      try #require(made.status == 0, "\(made.errors)")
      return [
        state, "\(place.path)/\(name)/\(name)Server/\(name)Server", "--listen", "127.0.0.1:0",
      ]
    }
    let running = try RunningProgram("/usr/bin/env", try await start("Shop"))
    _ = try #require(await running.line(containing: "syncd: serving"), "\(running.errors)")
    let other = try await start("Library")
    for _ in 1...2 {
      let refused = try await Program.run("/usr/bin/env", other)
      #expect(refused.status == 1, "\(refused)")
      #expect(refused.errors.contains("that of the application Shop, and this is Library"))
      #expect(refused.errors.contains("ServerStructureFolderName"), "\(refused)")
      running.send(SIGTERM)
      _ = await running.exitStatus()
    }
  }

  @Test func applicationsOfOneDataFolderKnowTheirOwnLastServer() async throws {
    let place = try Workplace()
    func client(_ name: String, _ port: String) async throws -> [String] {
      let keys = ["IPAddress=127.0.0.1", "PortNumber=\(port)", "BuildApplicationName=\(name)"]
      let made = try await place.tryPackaging(
        into: name + port,
        keys + ["ClientServerSystemFolderName=Common"]
      )
      try #require(made.status == 0, "\(made.errors)")
      return [
        "XDG_DATA_HOME=\(place.path)/data",
        "\(place.path)/\(name)\(port)/\(name)Client/\(name)Client",
        "--local",
      ]
    }
    for name in ["Shop", "Library"] {
      let base = try await place.tryPackaging(into: "base" + name, ["BuildApplicationName=\(name)"])
      try #require(base.status == 0, "\(base.errors)")
      let server = try await place.serve(
        "--application",
        "\(place.path)/base\(name)/\(name)Server/application.json"
      )
      let port = String(server.address.split(separator: ":").last ?? "")
      let running = try RunningProgram("/usr/bin/env", try await client(name, port))
      _ = try #require(await running.line(containing: "connected to"), "\(running.errors)")
      _ = try #require(await running.line(containing: "generation "), "\(running.errors)")
      running.send(SIGTERM)
      _ = await running.exitStatus()
      #expect(await server.stop() == 0)
      try #require(try await Program.shell("rm -rf '\(place.state)'").status == 0)
      let file = try read(place, "data/Common/\(name)-lastServer.xml")
      #expect(file.contains("\"\(server.address)\""), "\(file)")
    }
    #expect(
      try read(place, "data/Common/Shop-lastServer.xml")
        != read(place, "data/Common/Library-lastServer.xml")
    )
  }

  @Test func aClientsOwnMistakesAreSaidInItsOwnWords() async throws {
    let place = try Workplace()
    let client = try await place.package(into: "one", "IPAddress=127.0.0.1", "PortNumber=9")
    let alone = try await place.runClient(client)
    #expect(alone.status == 3 && !alone.errors.contains("syncd serve"), "\(alone)")
    #expect(alone.errors.contains("No server of Shop answers at 127.0.0.1:9: ask"), "\(alone)")
    let key = try await place.runClient(client, "--accept-key", "zz")
    #expect(key.status == 2 && key.errors.contains("64 hexadecimal digits"), "\(key)")
    try Data().write(to: URL(filePath: place.path + "/file"))
    let homeless = try await Program.run(
      "/usr/bin/env",
      ["-u", "XDG_DATA_HOME", "HOME=\(place.path)/file", client + "/ShopClient"]
    )
    #expect(homeless.status == 1 && homeless.errors.contains("XDG_DATA_HOME"), "\(homeless)")
    #expect(homeless.errors.contains("(Not a directory)"), "\(homeless)")
  }

  @Test func theClientLoadsNothingThatOnlyAServerNeeds() async throws {
    let listed = try await Program.run(
      "/usr/bin/ldd",
      [await PackagedPrograms.folder + "/syncd-client"]
    )
    #expect(listed.output.contains("libxml2") && !listed.output.contains("not found"))
    for library in ["libinotifytools", "libcrypt.so"] { #expect(!listed.output.contains(library)) }
  }

  @Test func compiledCodeTakesTheMethodsPlaceWhereThereIsSome() async throws {
    let place = try Workplace()
    try place.save("code", "Project/DerivedData/CompiledCode/code.bin")
    for (extra, isCompiled) in [([], true), (["--profile", "full"], false)] as [([String], Bool)] {
      let result = try await Program.run(
        Program.path,
        [
          "package", place.project, "-o", place.path + "/out", "--programs",
          await PackagedPrograms.folder,
        ]
          + ["--allow-shared-swift"] + extra
      )
      try #require(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("HardLink is missing"))
      let archive = place.path + "/out/ShopServer/Server Database/Shop.4DZ"
      let names = try await Program.run("/usr/bin/unzip", ["-Z1", archive]).output
      #expect(names.contains("Project/DerivedData/CompiledCode/code.bin") == isCompiled)
      #expect(names.contains("Project/Sources/Methods/m3.4dm") != isCompiled)
    }
  }

  @Test func wrongKeysAndOtherFoldersAreOneSentence() async throws {
    let place = try Workplace()
    try place.save(
      "<Preferences4D><BuildApp><CS><CurrentVers>x</CurrentVers></CS></BuildApp>"
        + "</Preferences4D>",
      "Settings/buildApp.4DSettings"
    )
    for (extra, status, sentence) in [
      ([], 1, "Settings/buildApp.4DSettings:1: CurrentVers is 'x'"),
      (["--set", "CurrentVers=1", "--set", "Nonsense=1"], 2, "does not know 'Nonsense'"),
      (["--set", "CurrentVers"], 2, "has no '='"),
      (["--set", "CurrentVers=none"], 2, "--set: CurrentVers is 'none'"),
      (["--set", "CurrentVers=1"], 1, "scripts/build-programs"),
      (
        ["--set", "CurrentVers=1", "--set", "BuildCSUpgradeable=True", "--allow-shared-swift"], 1,
        "--signing-key"
      ),
      (
        ["--set", "CurrentVers=1", "--allow-shared-swift", "-o", place.project], 1,
        "name another folder"
      ),
    ] as [([String], Int32, String)] {
      let result = try await Program.run(
        Program.path,
        ["package", place.project, "-o", place.path + "/out"] + extra
      )
      #expect(result.status == status && result.errors.contains(sentence), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
    let bare = try await Program.run(PackagedPrograms.folder + "/syncd-client", [])
    #expect(bare.status == 1 && bare.errors.contains("part of a packaged client"))
  }
}
