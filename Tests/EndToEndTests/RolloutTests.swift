import Foundation
import TestPrograms
import Testing

/// A packaged server and its clients on two machines, from the first version to the second, each
/// started without an argument.
@Suite(.timeLimit(.minutes(10)), .enabled(if: TwoMachines.isPossible)) struct RolloutTests {
  /// An application, packaged and installed outside of the build.
  private struct Application {

    let place: Workplace
    /// What is different from one application to the other.
    let keys: [String]

    /// Where the server is installed.
    var server: String { place.path + "/srv/ShopServer" }

    /// Packages the project as it is now.
    func package(version: Int, minimum: Int = 1) async throws {
      let keys =
        keys + [
          "CurrentVers=\(version)", "RangeVersMin=\(minimum)", "HardLink=7c6b1d0e4f5a4c0d",
          "BuildCSUpgradeable=True",
        ]
      let result = try await Program.run(
        Program.path,
        [
          "package", place.project, "-o", place.path + "/dist", "--programs",
          await PackagedPrograms.folder,
        ]
          + ["--allow-shared-swift", "--signing-key", place.path + "/updates.pem"]
          + keys.flatMap { ["--set", $0] }
      )
      try #require(result.status == 0, "\(result.errors)")
    }

    /// Copies one half of the package to where it runs.
    ///
    /// By a program: a file that this process had open for writing could not be started while
    /// another test starts something.
    func install(_ half: String, to target: String) async throws {
      let result = try await Program.shell(
        """
        set -e
        rm -rf '\(target)'; mkdir -p "$(dirname '\(target)')"
        cp -a '\(place.path)/dist/Shop\(half)' '\(target)'
        """
      )
      try #require(result.status == 0, "\(result.errors)")
    }
  }

  /// Where clients find the server.
  private static let embedded = [
    "IPAddress=\(TwoMachines.serverAddress)", "PortNumber=19813",
  ]

  private func startServer(
    _ machines: TwoMachines,
    _ application: Application
  ) async throws -> RunningProgram {
    let running = try machines.startOnServer([
      "/usr/bin/env", "XDG_STATE_HOME=\(application.place.path)/srv/state",
      application.server + "/ShopServer",
    ])
    _ = try #require(await running.line(containing: "syncd: serving Shop"), "\(running.errors)")
    return running
  }

  private func startClient(
    _ machines: TwoMachines,
    _ application: Application,
    _ number: Int,
    _ options: [String] = []
  ) throws -> RunningProgram {
    let folder = "\(application.place.path)/desk\(number)"
    return try machines.startOnClient(
      ["/usr/bin/env", "XDG_DATA_HOME=\(folder)/data", "\(folder)/ShopClient/ShopClient"] + options
    )
  }

  private func stop(_ programs: RunningProgram...) async {
    for program in programs {
      program.send(SIGTERM)
      _ = await program.exitStatus()
    }
  }

  /// From the first version to the second, with two clients.
  private func rollOut(_ keys: [String]) async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let application = Application(place: place, keys: keys)
    try await application.package(version: 1)
    try await application.install("Server", to: application.server)
    for number in 1...2 {
      try await application.install("Client", to: "\(place.path)/desk\(number)/ShopClient")
    }
    let server = try await startServer(machines, application)
    var clients = try (1...2).map { try startClient(machines, application, $0) }
    for (number, client) in zip(1..., clients) {
      clients[number - 1] = try await started("verified", first: client) {
        try startClient(machines, application, number)
      }
    }
    #expect(try await place.build() == place.contents("desk1/data/Shop/Shop.4dz"))

    // Version 2 of project and client; the server takes no older client any more.
    try place.save("ALERT(\"two\")", "Project/Sources/Methods/m3.4dm")
    try await application.package(version: 2, minimum: 2)
    await stop(server)
    try await application.install("Server", to: application.server)
    let second = try await startServer(machines, application)
    let built = try await place.build()
    for (number, client) in zip(1..., clients) {
      _ = try #require(
        await client.line(containing: "version 2 of Shop is installed"),
        "\(client.errors)"
      )
      // It has started itself, and looks for its server as at first.
      clients[number - 1] = try await started("verified", first: client) {
        try startClient(machines, application, number)
      }
      #expect(try place.contents("desk\(number)/data/Shop/Shop.4dz") == built)
      let versions = try FileManager.default.contentsOfDirectory(
        atPath: "\(place.path)/desk\(number)/ShopClient/versions"
      )
      #expect(versions.filter { $0 != ".lock" }.map { $0.prefix(2) } == ["2-"])
    }
    await stop(clients[0], clients[1], second)
  }

  @Test func clientsWithAnEmbeddedAddressComeBackUpdated() async throws {
    try await rollOut(Self.embedded)
  }

  @Test func clientsThatLookForTheNameComeBackUpdated() async throws {
    try await rollOut(["PublishName=The shop"])
  }

  @Test func aClientThatRunsTakesAVersionThatItMayTake() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let application = Application(place: place, keys: Self.embedded)
    try await application.package(version: 1)
    try await application.install("Server", to: application.server)
    try await application.install("Client", to: place.path + "/desk1/ShopClient")
    let server = try await startServer(machines, application)
    func start() throws -> RunningProgram {
      try startClient(machines, application, 1, ["--update", "always"])
    }
    var client = try await started("verified", start)
    try await application.package(version: 2)
    await stop(server)
    try await application.install("Server", to: application.server)
    let second = try await startServer(machines, application)
    _ = try #require(
      await client.line(containing: "version 2 of Shop is installed"),
      "\(client.errors)"
    )
    client = try await started("is current", first: client, start)
    await stop(client, second)
  }

  @Test func othersDoNotGetIn() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let address = "\(TwoMachines.serverAddress):19813"
    let application = Application(place: place, keys: Self.embedded)
    try await application.package(version: 1)
    try await application.install("Server", to: application.server)
    try await application.install("Client", to: place.path + "/desk1/ShopClient")
    let server = try await startServer(machines, application)

    let standard = try await unbroken {
      try await machines.runOnClient([
        "/usr/bin/env", "XDG_STATE_HOME=\(place.path)/client", Program.path, "connect", address,
        "-o", place.path + "/app.4dz",
      ])
    }
    #expect(standard.status == 4)
    #expect(standard.errors.contains("the server of the application Shop"), "\(standard.errors)")

    // A client with another secret.
    let file = place.path + "/desk1/ShopClient/current/application.json"
    let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
    try Data(text.replacing("7c6b1d0e4f5a4c0d", with: "0000000000000000").utf8)
      .write(to: URL(filePath: file))
    let stranger = try await unbroken { try await startClient(machines, application, 1).result() }
    #expect(stranger.status == 4)
    #expect(stranger.errors.contains("its own client alone gets in"), "\(stranger.errors)")

    // A version out of the range, which may not take the update.
    try await application.package(version: 2, minimum: 2)
    await stop(server)
    try await application.install("Server", to: application.server)
    let second = try await startServer(machines, application)
    try Data(text.utf8).write(to: URL(filePath: file))
    let old = try await unbroken {
      try await startClient(machines, application, 1, ["--update", "never"]).result()
    }
    #expect(old.status == 4)
    #expect(old.errors.split(separator: "\n").count == 1, "\(old.errors)")
    await stop(second)
  }

  /// Makes an authority `<name>-ca.pem` and, for the server's machine, a pair of its in `<name>/`.
  private func makeAuthority(_ name: String, in place: Workplace) async throws {
    let made = try await Program.shell(
      """
      set -e
      mkdir '\(name)'
      openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=\(name) authority' \
        -keyout '\(name)-ca-key.pem' -out '\(name)-ca.pem'
      openssl req -newkey rsa:2048 -nodes -subj '/CN=server' -keyout '\(name)/key.pem' -out request
      echo 'subjectAltName=IP:\(TwoMachines.serverAddress)' >names
      openssl x509 -req -in request -CA '\(name)-ca.pem' -CAkey '\(name)-ca-key.pem' \
        -CAcreateserial -days 30 -extfile names -out '\(name)/cert.pem'
      chmod 600 '\(name)/key.pem'
      """,
      in: place.path
    )
    try #require(made.status == 0, "\(made.output)")
  }

  @Test func aServersCertificateIsHeldAgainstTheMakersAuthorities() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    for name in ["own", "other"] { try await makeAuthority(name, in: place) }
    let application = Application(
      place: place,
      keys: Self.embedded + ["CertificateAuthoritiesCertificates=\(place.path)/own-ca.pem"]
    )
    try await application.package(version: 1)
    try await application.install("Server", to: application.server)
    try await application.install("Client", to: place.path + "/desk1/ShopClient")
    func certify(_ name: String) async throws {
      let copied = try await Program.shell(
        "cp -p '\(place.path)/\(name)'/*.pem '\(application.server)/Server Database/'"
      )
      try #require(copied.status == 0, "\(copied.output)")
    }
    try await certify("own")
    let server = try await startServer(machines, application)
    let client = try await started("verified") { try startClient(machines, application, 1) }
    #expect(!client.output.contains("pinned"), "\(client.output)")
    let data = place.path + "/desk1/data/Shop"
    #expect(!FileManager.default.fileExists(atPath: data + "/known-servers.json"))
    await stop(client, server)

    // The same server under another authority.
    try await certify("other")
    let second = try await startServer(machines, application)
    let refused = try await unbroken { try await startClient(machines, application, 1).result() }
    #expect(refused.status == 4)
    #expect(refused.output == "", "\(refused.output)")
    #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
    #expect(refused.errors.contains("\(TwoMachines.serverAddress):19813"), "\(refused.errors)")
    await stop(second)
  }

  @Test func anUpdateThatIsNotTheMakersIsRefused() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    let application = Application(place: place, keys: Self.embedded)
    try await application.package(version: 1)
    try await application.install("Client", to: place.path + "/desk1/ShopClient")
    // Somebody else's key.
    try FileManager.default.removeItem(atPath: place.path + "/updates.pem")
    try await application.package(version: 2)
    try await application.install("Server", to: application.server)
    let server = try await startServer(machines, application)
    let client = try await started("Version 1 goes on") {
      try startClient(machines, application, 1, ["--update", "always"])
    }
    #expect(await client.complains(of: "sign"), "\(client.errors)")
    _ = try #require(await client.line(containing: "verified"), "\(client.errors)")
    await stop(client, server)
  }
}
