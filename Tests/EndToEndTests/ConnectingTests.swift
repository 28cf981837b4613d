import Foundation
import TestPrograms
import Testing

/// The ways in which a user names a server, with the built program.
@Suite(.timeLimit(.minutes(10)), .serialized) struct ConnectingTests {
  /// Runs a command with a state folder of the test's own.
  private func run(_ place: Workplace, _ arguments: String...) async throws -> Program.Result {
    try await run(place, arguments)
  }

  private func run(_ place: Workplace, _ arguments: [String]) async throws -> Program.Result {
    try await Program.run(
      "/usr/bin/env",
      ["XDG_STATE_HOME=\(place.path)/xdg", Program.path] + arguments
    )
  }

  private static func json(_ result: Program.Result) throws -> [[String: Any]] {
    let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return try #require(value as? [[String: Any]])
  }

  private static func port(_ server: Server) -> String {
    String(server.address.split(separator: ":").last ?? "")
  }

  /// Waits until the server is found, alone on its port, on this machine.
  private func discover(_ place: Workplace, _ server: Server) async throws -> [[String: Any]] {
    let words = ["discover", "--local", "--port", Self.port(server), "--wait", "0.5", "--json"]
    return try Self.json(
      try await found {
        let result = try await run(place, words)
        #expect(result.status == 0 || result.status == 3 && result.output == "[]\n", "\(result)")
        return result
      }
    )
  }

  @Test func aServerIsDiscoveredByItsSettingsOrItsOptions() async throws {
    let place = try Workplace()
    try place.save(
      "<preferences><com.4d><server><network><options publication_name=\"Laden &amp; Café\"/>"
        + "</network></server></com.4d></preferences>",
      "Project/Sources/settings.4DSettings"
    )
    let server = try await place.serve()
    let found = try await discover(place, server)
    #expect(found.map { $0["name"] as? String } == ["Laden & Café"])
    #expect(found.first?["address"] as? String == server.address)
    #expect(found.first?["project"] as? String == "Shop")
    #expect(found.first?["tls"] as? Bool == false)
    #expect(found.first?["generation"] as? String == server.generation)
    let id = found.first?["serverID"] as? String
    _ = await server.stop()
    let named = try await place.serve("--name", "Other")
    let again = try await discover(place, named)
    #expect(again.first?["name"] as? String == "Other")
    #expect(again.first?["serverID"] as? String == id, "a restart keeps the server's id")
    _ = await named.stop()
  }

  @Test func aServerThatIsNotPublishedIsNotFoundAndCanBePublishedAfterAll() async throws {
    let place = try Workplace()
    try place.save(
      "<preferences><com.4d><server><network><options publish_at_startup=\"false\"/>"
        + "</network></server></com.4d></preferences>",
      "Project/Sources/settings.4DSettings"
    )
    let hidden = try await place.serve()
    let result = try await run(
      place,
      "discover",
      "--local",
      "--port",
      Self.port(hidden),
      "--wait",
      "0.5"
    )
    #expect(result.status == 3)
    #expect(result.errors.contains("No server is published on port \(Self.port(hidden))"))
    _ = await hidden.stop()
    let shown = try await place.serve("--publish")
    #expect(try await discover(place, shown).count == 1)
    _ = await shown.stop()
  }

  @Test func thePortOfTheSettingsIsListenedOn() async throws {
    let place = try Workplace()
    // Some free port, which the settings then name.
    let probe = try await place.serve()
    _ = await probe.stop()
    try place.save(
      "<preferences><com.4d><server><network><options publication_port=\"\(Self.port(probe))\"/>"
        + "</network></server></com.4d></preferences>",
      "Project/Sources/settings.4DSettings"
    )
    let server = try await place.serve(again: probe.address, with: [])
    #expect(server.address == probe.address)
    _ = await server.stop()
  }

  @Test func brokenSettingsAreToldAndTheProjectIsServed() async throws {
    let place = try Workplace()
    try place.save("<preferences>", "Project/Sources/settings.4DSettings")
    let server = try await place.serve()
    #expect(await server.running.complains(of: "Project/Sources/settings.4DSettings"))
    #expect(try await discover(place, server).first?["name"] as? String == "Shop")
    _ = await server.stop()
  }

  @Test func aLinkIsWrittenReadAndConnectedBy() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let file = place.path + "/shop.4DLink"
    let written = try await run(place, "link", server.address, "-o", file)
    #expect(written.output == "\(file): Shop at \(server.address)\n")
    #expect(
      String(decoding: try place.contents("shop.4DLink"), as: UTF8.self).contains(
        "<database_shortcut is_remote=\"true\" server_database_name=\"Shop\" "
          + "server_path=\"\(server.address)\"/>"
      )
    )
    let shown = try await run(place, "link", file)
    #expect(shown.output.contains("leads to: the server at \(server.address)"))
    let connected = try await run(
      place,
      "connect",
      file,
      "-o",
      place.path + "/a.4dz",
      "--name",
      "My shop"
    )
    #expect(connected.status == 0, "\(connected.errors)")
    let recents = try Self.json(try await run(place, "recents", "--json"))
    #expect(recents.map { $0["label"] as? String } == ["My shop"])
    // The list is used without the network.
    let again = try await run(place, "connect", "My shop", "-o", place.path + "/b.4dz")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try place.contents("a.4dz") == place.contents("b.4dz"))
    #expect(try await run(place, "recents", "--forget", "My shop").status == 0)
    #expect(try await run(place, "recents", "--forget", "My shop").status == 1)
    #expect(try await run(place, "recents").output == "no recent servers\n")
    _ = await server.stop()
  }

  @Test func whoStaysHasASessionThatNamesTheClient() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    var ids: [String] = []
    for _ in 0..<2 {
      let client = try RunningProgram(
        "/usr/bin/env",
        ["XDG_STATE_HOME=\(place.path)/xdg", Program.path, "connect", server.address]
          + ["-o", place.path + "/app.4dz", "--follow"]
      )
      _ = try #require(await client.line(containing: "generation"), "\(client.errors)")
      let shown = try await run(place, "sessions", "list", "--json", "--state-dir", place.state)
      let found = shown.output.matches(of: /"persistentID" ?: ?"([0-9A-F]{32})"/)
      ids.append(String(try #require(found.last, "\(shown.output)").1))
      client.send(SIGTERM)
      _ = await client.exitStatus()
    }
    #expect(ids[0] == ids[1])
    let kept = place.path + "/xdg/syncd/client-id"
    #expect(try String(contentsOfFile: kept, encoding: .utf8) == ids[0] + "\n")
    let rights = try FileManager.default.attributesOfItem(atPath: kept)[.posixPermissions]
    #expect(rights as? Int == 0o600)
    #expect(await server.stop() == 0)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
  func aKeyIsPinnedWhenTheServerHasShownThatItIsOne() async throws {
    let place = try Workplace()
    let first = try await place.serve("--tls", "--allow-anonymous")
    _ = await first.stop()
    let made = try await Program.shell(
      "openssl req -x509 -nodes -newkey rsa:2048 -keyout key.pem -out cert.pem -subj /CN=x",
      in: place.path
    )
    try #require(made.status == 0, "\(made.output)")
    func impersonate() throws -> RunningProgram {
      try RunningProgram(
        "/usr/bin/openssl",
        ["s_server", "-accept", first.address, "-www", "-cert", "cert.pem", "-key", "key.pem"],
        in: place.path
      )
    }
    var other = try impersonate()
    // Another program may have the port for a moment.
    try await until {
      if await other.line(containing: "ACCEPT") != nil { return true }
      other = try impersonate()
      return false
    }
    let connect = ["connect", first.address, "--tls", "-o", place.path + "/app.4dz"]
    let wrong = try await unbroken { try await run(place, connect) }
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("does not answer as a syncd server does"))
    #expect(!wrong.output.contains("pinned"))
    other.send(SIGKILL)
    _ = await other.exitStatus()
    let server = try await place.serve(again: first.address, "--tls", "--allow-anonymous")
    let right = try await unbroken { try await run(place, connect) }
    #expect(right.status == 0, "\(right.errors)")
    #expect(right.output.contains("is pinned now"))
    #expect(await server.stop() == 0)
  }

  @Test func aCommandsOutputStaysOutOfTheLinesOfJSON() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let command = ["connect", server.address, "-o", place.path + "/a.4dz", "--exec", "echo told"]
    let result = try await run(place, command + ["--json"])
    #expect(result.status == 0)
    #expect(result.output.split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
    #expect(result.errors.contains("told"))
    try place.save("ALERT(\"new\")\n", "Project/Sources/Methods/m3.4dm")
    _ = try await place.reload()
    #expect(try await run(place, command).output.contains("told\n"))
    #expect(await server.stop() == 0)
  }

  @Test(
    arguments: [
      ("h:99999", "the address 'h:99999', which is none"),
      ("http://h/", "the address 'http://h/', which is none"), ("h:0", "which is none"),
    ]
  )
  func aLinkThatLeadsNowhereIsTold(path: String, part: String) async throws {
    let place = try Workplace()
    let file = place.path + "/s.4DLink"
    let text = "<database_shortcut is_remote=\"true\" server_path=\"\(path)\"/>"
    try Data(text.utf8).write(to: URL(filePath: file))
    let shown = try await Program.run("link", file)
    #expect(shown.status == 1)
    #expect(shown.errors.contains(part) && !shown.output.contains("leads to"), "\(shown)")
    let folder = place.path + "/folder.4DLink"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let read = try await Program.run("link", folder)
    #expect(read.status == 1 && read.errors.contains("(Is a directory)"), "\(read.errors)")
  }

  @Test func secretsOfALinkAreNotShown() async throws {
    let place = try Workplace()
    let file = place.path + "/s.4DLink"
    let text =
      "<database_shortcut is_remote=\"true\" server_path=\"127.0.0.1:1\" "
      + "user_name=\"Ann\" password=\"pa55\" md5_password=\"$2b$h4sh\" later=\"x\"/>"
    try Data(text.utf8).write(to: URL(filePath: file))
    for arguments in [[file], [file, "--json"]] {
      let shown = try await Program.run(Program.path, ["link"] + arguments)
      #expect(shown.output.contains("Ann") && shown.output.contains("later"))
      #expect(!shown.output.contains("pa55") && !shown.output.contains("h4sh"))
    }
    let connected = try await run(place, "connect", file, "-o", place.path + "/a.4dz")
    #expect(connected.status == 3)
    #expect(connected.errors.contains("md5_password is not used"))
  }

  @Test(
    arguments: [
      (["link", "127.0.0.1"], "-o"), (["link", "127.0.0.1", "-o", "x.txt"], ".4DLink"),
      (["link", ":19813", "-o", "x.4DLink"], "--name"), (["discover", "--port", "0"], "no port"),
      (["discover", "--wait", "-1"], "--wait"), (["connect", "", "-o", "x"], "Name a server"),
    ]
  )
  func wrongUseIsExplained(arguments: [String], part: String) async throws {
    let result = try await Program.run(Program.path, arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(part), "\(result.errors)")
  }

  @Test func recentsOfProgramsAtOnceAreAllKept() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let others = try Workplace()
    let other = try await others.serve()
    async let first = run(
      place,
      "connect",
      server.address,
      "-o",
      place.path + "/a.4dz",
      "--name",
      "A"
    )
    async let second = run(
      place,
      "connect",
      other.address,
      "-o",
      place.path + "/b.4dz",
      "--name",
      "B"
    )
    #expect(try await [first.status, second.status] == [0, 0])
    let labels = try Self.json(try await run(place, "recents", "--json")).map {
      $0["label"] as? String ?? ""
    }
    #expect(labels.sorted() == ["A", "B"])
    _ = await server.stop()
    _ = await other.stop()
  }

  @Test(.enabled(if: OwnNetwork.isPossible)) func aServerIsConnectedToByItsPublishedName()
    async throws
  {
    let place = try Workplace()
    let network = OwnNetwork()
    let inside = [
      "netns", "exec", network.name, "/usr/bin/env", "XDG_STATE_HOME=\(place.path)/xdg",
      Program.path,
    ]
    let serving = try RunningProgram(
      OwnNetwork.ip,
      inside + ["serve", place.project, "--state-dir", place.state, "--name", "My Shop"]
    )
    let line = await serving.line(containing: "syncd: serving")
    #expect(line?.contains("127.0.0.1:19813") == true)
    func ask(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(OwnNetwork.ip, inside + arguments)
    }
    let connected = try await found {
      try await ask("connect", "My Shop", "-o", place.path + "/a.4dz")
    }
    #expect(connected.status == 0, "\(connected.errors)")
    let byName = place.path + "/name.4DLink"
    let linked = try await found {
      try await ask("link", ":19813", "--name", "My Shop", "-o", byName)
    }
    #expect(linked.status == 0, "\(linked.errors)")
    let again = try await found { try await ask("connect", byName, "-o", place.path + "/b.4dz") }
    #expect(again.status == 0, "\(again.errors)")
    #expect(try place.contents("a.4dz") == place.contents("b.4dz"))
    try await until {
      let missing = try await ask("connect", "Nobody", "-o", place.path + "/c.4dz")
      try #require(missing.status == 3, "\(missing)")
      return missing.errors.contains("'My Shop'")
    }
    // As a person sees it, on a terminal.
    let live = try RunningProgram(
      onTerminal: OwnNetwork.ip,
      inside + ["discover"]
    )
    #expect(await live.prints("(waiting for answers)"), "\(live.output)")
    #expect(await live.prints("\u{1B}[2A\r\u{1B}[JNAME"), "\(live.output)")
    #expect(await live.prints("My Shop  127.0.0.1:19813  Shop"), "\(live.output)")
    live.type("\u{3}")
    _ = await live.exitStatus()
    serving.send(SIGTERM)
    _ = await serving.exitStatus()
    withExtendedLifetime(network) {}
  }
}

/// A network namespace with loopback alone: a query that is sent in it leaves it for nowhere.
private final class OwnNetwork: Sendable {
  static let ip = "/usr/sbin/ip"

  /// Whether this account may make one here.
  static let isPossible =
    geteuid() == 0 && FileManager.default.isExecutableFile(atPath: ip) && OwnNetwork().isUp

  let name = "syncd-e2e-\(UInt64.random(in: 0 ... .max))"
  private let isUp: Bool

  init() {
    isUp = Self.run("netns", "add", name) && Self.run("-n", name, "link", "set", "lo", "up")
  }

  deinit { _ = Self.run("netns", "del", name) }

  private static func run(_ words: String...) -> Bool {
    (try? RunningProgram.status(of: ip, words)) == 0
  }
}
