import Foundation
import TestPrograms
import Testing

/// What a following client lives through, with the built program.
@Suite(.timeLimit(.minutes(10))) struct FollowingTests {
  private func follow(_ address: String, _ place: Workplace) throws -> RunningProgram {
    try RunningProgram(
      "/usr/bin/env",
      ["XDG_STATE_HOME=\(place.path)/xdg", Program.path, "connect", address]
        + ["-o", place.path + "/app.4dz", "--follow", "--json"]
    )
  }

  private func isCurrent(_ place: Workplace) async throws -> Bool {
    try await place.build() == place.contents("app.4dz")
  }

  @Test func aLostNetworkIsWaitedOut() async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let server = try await line.serve(place)
    let client = try follow(line.address, place)
    _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    try await line.order("cut")
    _ = try #require(await client.line(containing: "\"lost\""))
    try place.save("ALERT(\"while away\")\n", "Project/Sources/Methods/m3.4dm")
    _ = try await place.reload()
    try await line.order("open")
    let back = try #require(await client.line(containing: "\"updated\""))
    #expect(back.contains("\"delta\":true"))
    #expect(try await isCurrent(place))
    #expect(await server.stop() == 0)
  }

  /// Takes the 40 s that a client waits for a byte.
  @Test func aHalfOpenConnectionIsNoticed() async throws {
    let place = try Workplace()
    let line = try await FaultyLine()
    let server = try await line.serve(place)
    let client = try follow(line.address, place)
    _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    try await line.order("stall")
    try place.save("ALERT(\"unheard\")\n", "Project/Sources/Methods/m3.4dm")
    _ = try #require(await client.line(containing: "\"lost\""))
    try await line.order("flow")
    _ = try #require(await client.line(containing: "\"updated\""))
    #expect(try await isCurrent(place))
    #expect(await server.stop() == 0)
  }

  @Test func aLineThatBreaksAgainAndAgainBringsTheWholeBundle() async throws {
    let place = try Workplace()
    let noise = Data((0..<400_000).map { _ in UInt8.random(in: 0...255) })
    try place.save("", "Project/Sources/noise.bin")
    try noise.write(to: URL(filePath: place.project + "/Project/Sources/noise.bin"))
    let line = try await FaultyLine()
    let server = try await line.serve(place)
    try await line.order("limit 150000")
    let client = try follow(line.address, place)
    var losses = 0
    while let said = await client.line(), !said.contains("\"updated\"") {
      if said.contains("\"lost\"") { losses += 1 }
    }
    #expect(losses >= 2)
    #expect(try await isCurrent(place))
    #expect(await server.stop() == 0)
  }

  /// Two clients of one file take turns, and the second does not fetch what the first has brought.
  @Test(arguments: [true, false])
  func aClientWaitsForAnotherThatWritesItsFile(isBrought: Bool) async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let generation = try #require(try await place.reload().generation)
    let part = place.path + "/.app.4dz.syncd-\(generation.digest.prefix(16))"
    // The test is the first client.
    let writing = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    try #require(flock(writing, LOCK_EX | LOCK_NB) == 0)
    let client = try follow(server.address, place)
    _ = try #require(await client.line(containing: "\"waiting\""), "\(client.errors)")
    if isBrought {
      let bundle = try await place.build()
      bundle.withUnsafeBytes { _ = write(writing, $0.baseAddress, $0.count) }
      try #require(rename(part, place.path + "/app.4dz") == 0)
    }
    close(writing)
    let updated = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    #expect(updated.contains("\"received\":0,") == isBrought, "\(updated)")
    #expect(try await isCurrent(place))
    #expect(!FileManager.default.fileExists(atPath: part))
    #expect(await server.stop() == 0)
  }

  @Test func anotherServerInItsPlaceChangesNothing() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let client = try follow(server.address, place)
    _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    let before = try place.contents("app.4dz")
    #expect(await server.stop() == 0)
    let others = try Workplace()
    try others.save("ALERT(\"another project\")\n", "Project/Sources/Methods/m3.4dm")
    let other = try await others.serve(again: server.address)
    let told = try #require(await client.line(containing: "Another server answers"))
    #expect(told.contains("\"lost\"") && told.contains("Shop"), "\(told)")
    #expect(try place.contents("app.4dz") == before)
    #expect(await other.stop() == 0)
    try place.save("ALERT(\"back again\")\n", "Project/Sources/Methods/m3.4dm")
    let again = try await place.serve(again: server.address)
    _ = try #require(await client.line(containing: "\"updated\""))
    #expect(try await isCurrent(place))
    #expect(await again.stop() == 0)
  }

  @Test func aServerOfAnotherVersionIsRefusedWithASentence() async throws {
    let place = try Workplace()
    let server = try await Script("hostile-server", "later-version")
    let address = "127.0.0.1:\(server.ports[0])"
    let refused = try await Program.run("connect", address, "-o", place.path + "/app.4dz")
    #expect(refused.status == 4)
    let sentence =
      "speaks versions 97 to 99 of the API, and this client version 1: use a newer client."
    #expect(refused.errors.contains(sentence))
    #expect(throws: (any Error).self) { try place.contents("app.4dz") }
  }

  @Test(
    arguments: [
      "wrong-bytes", "endless", "short", "bomb", "long-line", "flood", "deep", "redirect",
      "garbage",
    ]
  )
  func aLiarChangesNothing(lie: String) async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let file = place.path + "/app.4dz"
    #expect(try await Program.run("connect", server.address, "-o", file).status == 0)
    let before = try place.contents("app.4dz")
    #expect(await server.stop() == 0)
    let liar = try await Script("hostile-server", lie)
    let address = "127.0.0.1:\(liar.ports[0])"
    // What never ends is still under way then.
    let once = try await Program.run(
      "/usr/bin/timeout",
      ["10", Program.path, "connect", address, "-o", file]
    )
    #expect(once.status != 0, "\(once.output)")
    #expect(once.status != 139 && once.status != 134 && once.status != 133, "\(once.errors)")
    if once.status != 124 { #expect(once.errors.split(separator: "\n").count == 1) }
    #expect(try place.contents("app.4dz") == before)
    let following = try await Program.run(
      "/usr/bin/timeout",
      ["5", Program.path, "connect", address, "-o", file, "--follow"]
    )
    #expect([1, 3, 4, 124].contains(following.status), "\(following.status) \(following.errors)")
    #expect(try place.contents("app.4dz") == before)
  }
}
