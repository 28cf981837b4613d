import Foundation
import TestPrograms
import Testing

/// One clear sentence, the right exit status, and nothing lost.
@Suite(.timeLimit(.minutes(10))) struct BadInputTests {
  @Test func withoutAServerReloadSaysWhatToDo() async throws {
    let place = try Workplace()
    let result = try await Program.run("reload", place.project, "--state-dir", place.state)
    #expect(result.status == 3)
    #expect(result.errors.contains("syncd serve"))
  }

  @Test func whatIsNoProjectIsNamed() async throws {
    let place = try Workplace()
    let empty = try await Program.run("serve", place.path, "--state-dir", place.state)
    #expect(empty.status == 1)
    #expect(empty.errors.contains("has no Project/ folder"))
    try place.save("{}", "Project/Other.4DProject")
    let twice = try await Program.run("build", place.project, "-o", place.path + "/x.4dz")
    #expect(twice.status == 1)
    #expect(twice.errors.contains("Other.4DProject, Shop.4DProject"))
    #expect(!FileManager.default.fileExists(atPath: place.path + "/x.4dz"))
  }

  @Test func aWrongCommandLineIsUsage() async throws {
    #expect(try await Program.run("serve", "--nonsense").status == 2)
    #expect(try await Program.run("frobnicate").status == 2)
    #expect(try await Program.run("connect", "", "-o", "x").status == 2)
    let alone = try await Program.run("serve", "--hook-timeout", "5")
    #expect(alone.status == 2 && alone.errors.contains("--hooks"), "\(alone.errors)")
    #expect(try await Program.run("--help").status == 0)
  }

  @Test(arguments: ["connect", "build", "link"])
  func whatIsNoFileIsNotReplacedByOne(command: String) async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let pipe = place.path + "/pipe.4DLink"
    let link = place.path + "/link.4DLink"
    let real = place.path + "/real"
    try #require(mkfifo(pipe, 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real")
    let subject = command == "build" ? place.project : server.address
    let refused = try await Program.run(command, subject, "-o", pipe)
    #expect(refused.status == 1, "\(refused.output)")
    #expect(refused.errors.hasSuffix("no file; it stays as it is; name a file with -o\n"))
    let kind = try FileManager.default.attributesOfItem(atPath: pipe)[.type]
    #expect(kind as? FileAttributeType != .typeRegular)
    let followed = try await Program.run(command, subject, "-o", link)
    #expect(followed.status == 0, "\(followed.errors)")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real")
    #expect(try !Data(contentsOf: URL(filePath: real)).isEmpty)
    let left = try FileManager.default.contentsOfDirectory(atPath: place.path)
    #expect(!left.contains { $0.contains(".syncd-") }, "\(left)")
    let nameless = try await Program.run(command, subject, "-o", "")
    #expect(nameless.status != 0 && !nameless.errors.contains(" cannot be written"))
    #expect(await server.stop() == 0)
  }

  @Test func anExpiredCertificateIsServedWithAWarning() async throws {
    let place = try Workplace()
    let made = try await Program.shell(Self.expiredPair, in: place.path)
    try #require(made.status == 0, "\(made.output)")
    let pair = ["cert.pem", "key.pem"].map { place.path + "/" + $0 }
    let server = try await place.serve(
      "--tls",
      "--allow-anonymous",
      "--certificate",
      pair[0],
      "--key",
      pair[1]
    )
    #expect(await server.running.complains(of: "The certificate has expired"))
    #expect(await server.stop() == 0)
  }

  private static let expiredPair = """
    set -e
    openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=localhost
    chmod 600 key.pem
    printf '%s\\n' '[ca]' 'default_ca=own' '[own]' 'database=index' 'serial=serial' \\
      'new_certs_dir=.' 'default_md=sha256' 'policy=any' '[any]' 'commonName=supplied' > ca.conf
    touch index; echo 01 > serial
    openssl ca -batch -selfsign -config ca.conf -in csr.pem -keyfile key.pem -notext \\
      -startdate 20200101000000Z -enddate 20210101000000Z -out cert.pem
    """

  @Test func aReaderThatGoesAwayEndsACommandQuietly() async throws {
    let place = try Workplace()
    let script =
      "'\(Program.path)' build '\(place.project)' -o '\(place.path)/x.4dz' | true; "
      + "echo ${PIPESTATUS[0]}"
    let result = try await Program.run("/bin/bash", ["-c", script])
    #expect(["0", "141"].contains(result.output.trimmingCharacters(in: .newlines)))
    #expect(result.errors == "")
  }

  @Test(arguments: [">&-", "1</dev/null"])
  func aResultThatCannotBeWrittenIsAFailure(output: String) async throws {
    let place = try Workplace()
    for command in ["--version", "build '\(place.project)' -o '\(place.path)/x.4dz'"] {
      let script = "exec '\(Program.path)' \(command) \(output)"
      let result = try await Program.run("/bin/sh", ["-c", script])
      #expect(result.status == 1, "\(command) \(result)")
      #expect(
        result.errors
          == "syncd: Standard output cannot be written (Bad file descriptor): make room, or send it "
          + "to another place.\n"
      )
    }
    #expect(try await Program.run("verify", place.path + "/x.4dz").status == 0)
  }

  @Test func aServerLivesOnWithoutOutput() async throws {
    let place = try Workplace()
    let words = "serve '\(place.project)' --listen 127.0.0.1:0 --state-dir '\(place.state)'"
    let running = try RunningProgram("/bin/sh", ["-c", "exec '\(Program.path)' \(words) <&- >&-"])
    try await until {
      try await Program.run("status", "--state-dir", place.state).status == 0
    }
    for number in 0...1 {
      let file = try FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/\(running.pid)/fd/\(number)"
      )
      #expect(file == "/dev/null")
    }
    running.send(SIGTERM)
    #expect(await running.exitStatus() == 0)
  }

  @Test func aSecondServerIsRefusedWithThePidOfTheFirst() async throws {
    let place = try Workplace()
    let server = try await place.serve("--socket-group", "games")
    func rights() throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: place.state)[.posixPermissions] as? Int
    }
    let before = try rights()
    let second = try await Program.run(
      "serve",
      place.project,
      "--listen",
      "127.0.0.1:0",
      "--state-dir",
      place.state
    )
    #expect(second.status == 4)
    #expect(second.errors.contains("\(server.running.pid)"))
    #expect(before == 0o710)
    #expect(try rights() == before, "what is running keeps its folder as it is")
    #expect(await server.stop() == 0)
  }

  @Test func aPortInUseIsNamedWithItsHolder() async throws {
    let place = try Workplace()
    let other = try Workplace()
    let server = try await place.serve()
    let second = try await Program.run(
      "serve",
      other.project,
      "--listen",
      server.address,
      "--state-dir",
      other.state
    )
    #expect(second.status == 1)
    #expect(second.errors.contains(server.address))
    #expect(second.errors.contains("\(server.running.pid)"))
    #expect(await server.stop() == 0)
  }

  @Test func aStateFolderThatCannotBeMadeIsNamed() async throws {
    let place = try Workplace()
    try place.save("", "file")
    let result = try await Program.run(
      "serve",
      place.project,
      "--state-dir",
      place.project + "/file/state"
    )
    #expect(result.status == 1)
    #expect(result.errors.contains("file/state"))
    #expect(result.errors.contains("--state-dir"))
  }

  @Test func abrokenCatalogKeepsTheLastGoodGenerationAndSaysWhere() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let client = try await place.follow(server, into: "app.4dz")
    let before = try place.contents("app.4dz")
    try place.save("<base>\n<table>\n</base>", "Project/Sources/catalog.4DCatalog")
    let broken = try await place.reload()
    #expect(broken.outcome == "failed")
    #expect(broken.problems.first?.file == "Project/Sources/catalog.4DCatalog")
    #expect(broken.problems.first?.line == 3)
    #expect("\(broken.generation?.epoch ?? ""):\(broken.generation?.gen ?? 0)" == server.generation)
    _ = try #require(await client.line(containing: "last good generation"))
    #expect(try place.contents("app.4dz") == before)
    let status = try await Program.run("status", "--state-dir", place.state)
    #expect(status.output.contains("degraded"))

    try place.save(Workplace.catalog(tables: 2), "Project/Sources/catalog.4DCatalog")
    #expect(try await place.reload().outcome != "failed")
    _ = try #require(await client.line(containing: "verified"))
    #expect(try await place.build() == place.contents("app.4dz"))
    #expect(await server.stop() == 0)
  }

  @Test func aSecondOrMissingProjectFileFailsTheReloadOnly() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    try place.save("{}", "Project/Second.4DProject")
    #expect(try await place.reload().problems.map(\.rule).contains("project-file-twice"))
    try place.remove("Project/Second.4DProject")
    try place.remove("Project/Shop.4DProject")
    #expect(try await place.reload().problems.map(\.rule).contains("project-file-missing"))
    try place.save("{}", "Project/Shop.4DProject")
    #expect(try await place.reload().outcome != "failed")
    #expect(await server.stop() == 0)
  }

  @Test func aProjectFolderThatVanishesIsNoEmptyBundle() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let before = try await place.reload()
    try FileManager.default.moveItem(
      atPath: place.project + "/Project",
      toPath: place.path + "/away"
    )
    let gone = try await place.reload()
    #expect(gone.outcome == "failed")
    #expect(gone.generation?.digest == before.generation?.digest)
    try FileManager.default.moveItem(
      atPath: place.path + "/away",
      toPath: place.project + "/Project"
    )
    let back = try await place.reload()
    #expect(back.outcome == "unchanged")
    #expect(back.generation?.digest == before.generation?.digest)
    #expect(await server.stop() == 0)
  }

  @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
  func aFullDiskFailsTheReloadAndHealsWhenThereIsRoom() async throws {
    let place = try Workplace()
    let mounted = try await Program.shell(
      "mkdir -p '\(place.state)' && mount -t tmpfs -o size=1m tmpfs '\(place.state)'"
    )
    try #require(mounted.status == 0, "\(mounted.output)")
    do {
      let server = try await place.serve()
      let before = try await place.reload()
      var random = SystemRandomNumberGenerator()
      let noise = Data((0..<1_500_000).map { _ in UInt8.random(in: 0...255, using: &random) })
      try noise.write(to: URL(filePath: place.project + "/Project/Sources/big.png"))
      let full = try await place.reload()
      #expect(full.outcome == "failed")
      #expect(full.generation?.digest == before.generation?.digest)
      let client = try await Program.run("connect", server.address, "-o", place.path + "/a.4dz")
      #expect(client.status == 0)
      try place.remove("Project/Sources/big.png")
      try place.save("small", "Project/Sources/Methods/m1.4dm")
      #expect(try await place.reload().outcome != "failed")
      #expect(await server.stop() == 0)
    }
    _ = try await Program.shell("umount -l '\(place.state)'")
  }

  @Test func aDamagedBundleDoesNotVerify() async throws {
    let place = try Workplace()
    var bytes = try await place.build()
    #expect(try await Program.run("verify", place.path + "/reference.4dz").status == 0)
    bytes[bytes.count / 2] ^= 0x40
    try bytes.write(to: URL(filePath: place.path + "/bad.4dz"))
    let result = try await Program.run("verify", place.path + "/bad.4dz")
    #expect(result.status == 1)
    #expect(result.errors.contains("bad.4dz"))
  }
}

extension BadInputTests {
  @Test func aServerForOneUserTakesNoOthers() async throws {
    let place = try Workplace()
    let server = try await place.serve("--standalone")
    let refused = try await Program.run(
      "/usr/bin/curl",
      ["-sS", "-X", "POST", "http://\(server.address)/v1/sessions"]
    )
    #expect(refused.output.contains("not-accepting") && refused.output.contains("one user"))
    let local = try await Program.run(
      "/usr/bin/curl",
      ["-sS", "-X", "POST", "--unix-socket", place.state + "/syncd.sock"]
        + ["http://localhost/v1/sessions"]
    )
    #expect(local.output.contains("not-accepting"), "\(local.output)")
    #expect(try await place.reload().outcome == "unchanged")
    let saved = try await Program.run("save-all", "--state-dir", place.state)
    #expect(saved.status == 0, "\(saved.errors)")
    let list = try await Program.run("sessions", "--state-dir", place.state)
    #expect(list.output.contains("standalone") && list.output.contains("designer"), "\(list)")
    #expect(await server.stop() == 0)
  }
}
