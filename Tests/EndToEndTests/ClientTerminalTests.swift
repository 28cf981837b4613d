import Foundation
import TestPrograms
import Testing

/// A packaged client at a terminal: what it asks, and what the answers do.
@Suite(.timeLimit(.minutes(10))) struct ClientTerminalTests {
  /// A client of version 1, its server, and an update to version 2.
  private struct Desk {
    let place: Workplace
    let server: Server
    let client: String
    private let updates: String

    init() async throws {
      place = try Workplace()
      server = try await place.serveApplication()
      let port = server.address.split(separator: ":").last ?? ""
      let keys = ["IPAddress=127.0.0.1", "PortNumber=\(port)"]
      client = try await place.package(into: "one", keys[0], keys[1])
      _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
      updates = place.path + "/two/ShopServer/Upgrade4DClient"
    }

    /// Starts the client and waits for its question.
    func asked() async throws -> RunningProgram {
      let running = try place.startClientAtTerminal(client, "--update-from", updates)
      try #require(
        await running.prints(
          "There is version 2 of Shop; this is version 1. Update and start again? [Y/n]: "
        ),
        "\(running.output)"
      )
      return running
    }

    func installed() throws -> [String] { try place.versions(client) }
  }

  @Test func theAnswerDecidesAboutAnUpdate() async throws {
    let desk = try await Desk()
    for answer in ["n\n", "No\n", "?\n", "\u{4}"] {
      let declined = try await desk.asked()
      declined.type(answer)
      #expect(await declined.prints("connected to Shop"), "\(declined.output)")
      #expect(try desk.installed() == ["1"])
      declined.type("\u{3}")
      #expect(await declined.exitStatus() == 130)
    }
    let left = try await desk.asked()
    left.type("\u{3}")
    #expect(await left.exitStatus() == 130)
    #expect(!left.output.contains("connected"))
    #expect(try desk.installed() == ["1"])

    let taken = try await desk.asked()
    taken.type("y\n")
    #expect(await taken.prints("version 2 of Shop is installed"), "\(taken.output)")
    // The file is there from the first visits, or not yet.
    #expect(await taken.prints("generation "), "\(taken.output)")
    #expect(try desk.installed() == ["2"])
    // The first start of a version has a shell before it, which passes the interrupt on.
    taken.type("\u{3}")
    #expect(await taken.exitStatus() > 128)
    _ = await desk.server.stop()
  }

  @Test func whoDeclinesAnUpdateThatTheServerDemandsIsSentAway() async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let keys = [
      "IPAddress=127.0.0.1", "PortNumber=\(line.address.split(separator: ":").last ?? "")",
    ]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2", "RangeVersMin=2")
    let server = try await place.serve(
      "--allow-host",
      line.address,
      "--application",
      place.path + "/two/ShopServer/application.json"
    )
    try await line.order("target \(server.address.split(separator: ":").last ?? "")")
    for answer in ["n\n", "\u{4}"] {
      let declined = try place.startClientAtTerminal(client)
      #expect(await declined.prints("The server demands version 2 of Shop; this is version 1."))
      declined.type(answer)
      #expect(await declined.exitStatus() == 4, "\(declined.output)")
      #expect(declined.output.contains("takes clients of version 2"), "\(declined.output)")
      #expect(declined.output.contains("take the update to go on."), "\(declined.output)")
    }
    let taken = try place.startClientAtTerminal(client)
    #expect(await taken.prints("[Y/n]: "))
    taken.type("\n")
    #expect(await taken.prints("verified"), "\(taken.output)")
    #expect(taken.output.contains("receiving the update"))
    #expect(try place.versions(client) == ["2"])
    taken.type("\u{3}")
    _ = await taken.exitStatus()
    _ = await server.stop()
  }

  @Test(.enabled(if: TwoMachines.isPossible))
  func aServerIsChosenAmongThoseOfTheNetwork() async throws {
    let machines = try await TwoMachines.make()
    let place = try Workplace()
    var client = ""
    for name in ["Anchor", "Beacon"] {
      client = try await place.package(
        into: name,
        "PublishName=\(name)",
        "ServerSelectionAllowed=True",
        // Nobody has it.
        "IPAddress=10.197.31.6"
      )
    }
    func server(_ name: String, _ start: ([String]) throws -> RunningProgram) async throws
      -> RunningProgram
    {
      let running = try start([
        "/usr/bin/env", "XDG_STATE_HOME=\(place.path)/state\(name)",
        "\(place.path)/\(name)/ShopServer/ShopServer",
      ])
      _ = try #require(await running.line(containing: "syncd: serving"), "\(running.errors)")
      return running
    }
    // One on each machine: they publish on the same port.
    let anchor = try await server("Anchor", machines.startOnServer)
    let beacon = try await server("Beacon", machines.startOnClient)
    let words = ["/usr/bin/env", "XDG_DATA_HOME=\(place.path)/data", client + "/ShopClient"]
    /// Starts a client that shows a list, until the list has both: it looks for a few seconds.
    func asked(_ option: [String]) async throws -> RunningProgram {
      while true {
        let running = try machines.startOnClientsTerminal(words + option)
        try #require(await running.prints("ts address: "), "\(running.output)")
        let isWhole = ["Number of a server", "Anchor", "Beacon"]
          .allSatisfy { running.output.contains($0) }
        if isWhole { return running }
        running.type("\u{3}")
        _ = await running.exitStatus()
        try Task.checkCancellation()
      }
    }
    for (answer, status, says) in [
      ("7\n", 3, "'7' is neither a number of the list nor an address."),
      ("\n", 3, "No server is chosen."), ("\u{4}", 3, "No server is chosen."),
      ("\u{3}", 130, "Number of a server"),
    ] as [(String, Int32, String)] {
      let running = try await asked(["--select"])
      running.type(answer)
      #expect(await running.exitStatus() == status, "\(running.output)")
      #expect(running.output.contains(says), "\(running.output)")
    }
    // Without a server in its place the list is shown by itself.
    for (name, option) in [("Anchor", []), ("Beacon", ["--select"])] {
      try await until {
        let running = try await asked(option)
        // In the order in which they answered.
        let row = try #require(
          running.output.split(whereSeparator: \.isNewline).first { $0.contains(name) }
        )
        let number = try #require(row.split(separator: " ").first)
        let address = try #require(row.split(separator: " ").last)
        #expect(running.output.contains("10.197.31.6") == option.isEmpty)
        running.type("\(number)\n")
        guard await running.prints("connected to Shop at \(address)") else {
          let result = await running.result()
          try #require(result.isBroken, "\(result)")
          return false
        }
        running.type("\u{3}")
        _ = await running.exitStatus()
        return true
      }
    }
    for running in [anchor, beacon] {
      running.send(SIGTERM)
      _ = await running.exitStatus()
    }
  }
}
