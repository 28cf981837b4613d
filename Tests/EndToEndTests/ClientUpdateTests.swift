import Foundation
import TestPrograms
import Testing

/// Updates of a packaged client under bad conditions, with the built programs.
@Suite(.timeLimit(.minutes(10))) struct ClientUpdateTests {
  private func stop(_ programs: RunningProgram...) async {
    for program in programs {
      program.send(SIGTERM)
      _ = await program.exitStatus()
    }
  }

  private func port(_ address: String) -> String {
    "PortNumber=\(address.split(separator: ":").last ?? "")"
  }

  @Test func aVersionThatIsRunStaysUntilItsClientEnds() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = ["IPAddress=127.0.0.1", port(server.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
    let updates = place.path + "/two/ShopServer/Upgrade4DClient"
    let first = try place.startClient(client, "--exec", "ls -l /proc/self/fd")
    _ = try #require(await first.line(containing: "verified"), "\(first.errors)")
    let second = try place.startClient(client, "--update-from", updates, "--update", "always")
    _ = try #require(await second.line(containing: "is current"), "\(second.errors)")
    #expect(try place.versions(client) == ["1", "2"])
    // What the client runs has no hold on it.
    #expect(!first.output.contains("ShopClient/versions"), "\(first.output)")
    await stop(second)
    first.send(SIGKILL)
    _ = await first.exitStatus()
    let third = try place.startClient(client)
    _ = try #require(await third.line(containing: "is current"), "\(third.errors)")
    #expect(try place.versions(client) == ["2"])
    #expect(third.errors == "")
    await stop(third, server.running)
  }

  @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
  func anUpdateThatFillsTheDiskIsNotFetchedAndWhatCameOfOneGoes() async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let keys = ["IPAddress=127.0.0.1", port(line.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
    let server = try await place.serve(
      "--allow-host",
      line.address,
      "--application",
      place.path + "/two/ShopServer/application.json"
    )
    try await line.order("target \(server.address.split(separator: ":").last ?? "")")
    let data = place.path + "/data"
    let mounted = try await Program.shell(
      "mkdir -p '\(data)' && mount -t tmpfs -o size=12m tmpfs '\(data)'"
    )
    try #require(mounted.status == 0, "\(mounted.output)")
    do {
      let first = try place.startClient(client, "--update", "always")
      _ = try #require(await first.line(containing: "Version 1 goes on."), "\(first.errors)")
      _ = try #require(await first.line(containing: "verified"), "\(first.errors)")
      #expect(await first.complains(of: "Make room there and start again."), "\(first.errors)")
      await stop(first)
      // From a start that was killed, or an older client: the disk is full of it.
      try place.removeData("Shop.4dz")
      let part = data + "/Shop/update.4darchive-0123456789abcdef"
      let filled = try await Program.shell("yes | head -c 20000000 > '\(part)'; df '\(data)'")
      #expect(filled.output.contains("100%"), "\(filled.output)")
      let second = try place.startClient(client, "--update", "never")
      _ = try #require(await second.line(containing: "verified"), "\(second.errors)")
      #expect(!FileManager.default.fileExists(atPath: part))
      await stop(second, server.running)
    } catch {
      _ = try await Program.shell("umount -l '\(data)'")
      throw error
    }
    _ = try await Program.shell("umount -l '\(data)'")
  }

  @Test func nobodyIsOfferedAnUpdateThatIsNotTheMakers() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = ["IPAddress=127.0.0.1", port(server.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
    let updates = place.path + "/two/ShopServer/Upgrade4DClient"
    let info = URL(filePath: updates + "/info.json")
    let text = try String(contentsOf: info, encoding: .utf8)
    let unsigned = text.replacing(
      /"linuxSignature" : "[0-9a-f]{8}/,
      with: "\"linuxSignature\" : \"00000000"
    )
    try #require(unsigned != text)
    try Data(unsigned.utf8).write(to: info)
    let reported = try place.startClient(client, "--update-from", updates)
    _ = try #require(await reported.line(containing: "verified"), "\(reported.errors)")
    #expect(
      await reported.complains(of: "is not signed by the maker of Shop"),
      "\(reported.errors)"
    )
    #expect(!reported.output.contains("is there"), "\(reported.output)")
    await stop(reported)
    let asked = try place.startClientAtTerminal(client, "--update-from", updates)
    #expect(await asked.prints("connected to Shop"), "\(asked.output)")
    #expect(asked.output.contains("is not signed by the maker of Shop"), "\(asked.output)")
    #expect(!asked.output.contains("[Y/n]"), "\(asked.output)")
    await stop(asked, server.running)
  }

  @Test func aClientWhoseOutputCannotBeWrittenGoesOn() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let client = try await place.package(into: "one", "IPAddress=127.0.0.1", port(server.address))
    let words = place.clientArguments(client, ["--exec", "echo ran >&2"]).map { "'\($0)'" }
      .joined(separator: " ")
    for (closed, numbers) in [(">&-", [1]), ("<&- >&-", [0, 1])] {
      let running = try RunningProgram("/bin/sh", ["-c", "exec env \(words) \(closed)"])
      #expect(await running.complains(of: "ran"), "\(running.errors)")
      for number in numbers {
        let file = try FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/\(running.pid)/fd/\(number)"
        )
        #expect(file == "/dev/null")
      }
      #expect(
        running.errors.ranges(of: "Standard output cannot be written").count == 1,
        "\(running.errors)"
      )
      await stop(running)
      try place.removeData("Shop.4dz")
    }
    await stop(server.running)
  }

  @Test func packagingLeavesAClientAloneThatRunsWhereItWasPackaged() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = ["IPAddress=127.0.0.1", port(server.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    let running = try place.startClient(client)
    _ = try #require(await running.line(containing: "verified"), "\(running.errors)")
    let refused = try await place.tryPackaging(into: "one", keys + ["CurrentVers=2"])
    #expect(refused.status == 1 && refused.errors.contains("A client runs out of \(client)"))
    #expect(try place.versions(client) == ["1"])
    await stop(running)
    _ = try await place.package(into: "one", keys[0], keys[1], "CurrentVers=2")
    let second = try place.startClient(client)
    _ = try #require(await second.line(containing: "is current"), "\(second.errors)")
    #expect(try place.versions(client) == ["2"] && second.errors == "")
    await stop(second, server.running)
  }

  @Test func startsThatWaitForAnotherOnesUpdateGoOnWithIt() async throws {
    let place = try Workplace()
    let server = try await place.serveApplication()
    let keys = ["IPAddress=127.0.0.1", port(server.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(into: "two", keys[0], keys[1], "CurrentVers=2")
    let updates = place.path + "/two/ShopServer/Upgrade4DClient"
    // The test is the start that takes the update first.
    let data = place.path + "/data/Shop"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let folder = open(data, O_RDONLY | O_CLOEXEC)
    try #require(flock(folder, LOCK_EX | LOCK_NB) == 0)
    let clients = try (0..<3).map { _ in
      try place.startClient(client, "--update-from", updates, "--update", "always")
    }
    for each in clients {
      _ = try #require(await each.line(containing: "takes the update"), "\(each.errors)")
    }
    close(folder)
    for each in clients {
      _ = try #require(
        await each.line(containing: "connected to Shop"),
        "\(each.output) \(each.errors)"
      )
      #expect(each.errors == "")
    }
    let installed = clients.filter { $0.output.contains("version 2 of Shop is installed") }
    #expect(installed.count == 1)
    for each in clients { await stop(each) }
    await stop(server.running)
  }

  /// It was there a moment ago, and is gone before the first event.
  @Test func aServerThatIsLostRightAfterTheVisitIsWaitedFor() async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let client = try await place.package(into: "one", "IPAddress=127.0.0.1", port(line.address))
    let server = try await place.serve(
      "--allow-host",
      line.address,
      "--application",
      place.path + "/one/ShopServer/application.json"
    )
    try await line.order("target \(server.address.split(separator: ":").last ?? "")")
    try await line.order("refuse /v1/events")
    let running = try place.startClient(client)
    _ = try #require(await running.line(containing: "Trying again"), "\(running.errors)")
    try await line.order("accept")
    _ = try #require(await running.line(containing: "verified"), "\(running.errors)")
    await stop(running, server.running)
  }

  @Test(arguments: ["1", "2"])
  func anUpdateGoesOnWhenTheServerComesBack(minimum: String) async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let keys = ["IPAddress=127.0.0.1", port(line.address)]
    let client = try await place.package(into: "one", keys[0], keys[1])
    _ = try await place.package(
      into: "two",
      keys[0],
      keys[1],
      "CurrentVers=2",
      "RangeVersMin=\(minimum)"
    )
    let archive = place.path + "/two/ShopServer/Upgrade4DClient/update.linux.4darchive"
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: archive)[.size] as? Int
    )
    // No connection lasts for the whole of it.
    try await line.order("limit \(size * 2 / 3)")
    let options = [
      "--allow-host", line.address, "--application",
      place.path + "/two/ShopServer/application.json",
    ]
    let first = try await place.serve(options[0], options[1], options[2], options[3])
    try await line.order("target \(first.address.split(separator: ":").last ?? "")")
    let running = try place.startClient(client, "--update", "always")
    _ = try #require(await running.line(containing: "Trying again"), "\(running.errors)")
    first.running.send(SIGKILL)
    _ = await first.running.exitStatus()
    let second = try await place.serve(options[0], options[1], options[2], options[3])
    try await line.order("target \(second.address.split(separator: ":").last ?? "")")
    _ = try #require(
      await running.line(containing: "version 2 of Shop is installed"),
      "\(running.output) \(running.errors)"
    )
    _ = try #require(await running.line(containing: "verified"), "\(running.errors)")
    #expect(try place.versions(client) == ["2"])
    await stop(running, second.running)
  }
}
