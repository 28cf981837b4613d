import Foundation
import TestPrograms
import Testing

/// Sessions that stay on a generation, with the built program.
@Suite(.timeLimit(.minutes(10))) struct StayingTests {
  private struct Session: Decodable {
    let token: String?
    let generation: ReloadAnswer.Generation?
  }

  private func curl(_ place: Workplace, _ server: Server, _ options: String...) async throws
    -> Program.Result
  {
    let path = options.last ?? ""
    return try await Program.run(
      "/usr/bin/curl",
      ["-sS", "-w", "\n%{http_code}"] + options.dropLast() + ["http://\(server.address)\(path)"]
    )
  }

  /// The body and the status of an answer.
  private func parts(_ result: Program.Result) throws -> (body: Data, status: String) {
    let cut = try #require(result.output.lastIndex(of: "\n"), "\(result.errors)")
    return (Data(result.output[..<cut].utf8), String(result.output[cut...].dropFirst()))
  }

  private func session(_ result: Program.Result) throws -> Session {
    try JSONDecoder().decode(Session.self, from: try parts(result).body)
  }

  private func change(_ place: Workplace, _ numbers: Range<Int>) async throws {
    for number in numbers {
      try place.save("ALERT(\"n\(number)\")\n", "Project/Sources/Methods/m1.4dm")
      _ = try await place.reload()
    }
  }

  @Test func aSessionStaysOnTheGenerationThatItIsTold() async throws {
    let place = try Workplace()
    let hooks = place.path + "/hooks"
    let made = try await Program.shell(
      "mkdir '\(hooks)' && cd '\(hooks)' && printf '#!/bin/sh\\n: >\(place.path)/asked\\nuntil [ -e \(place.path)/go ]; do sleep 0.05; done\\n' >on-server-open-connection && chmod 755 on-server-open-connection"
    )
    try #require(made.status == 0, "\(made.output)")
    let server = try await place.serve("--hooks", hooks, "--hook-timeout", "600")
    async let opening = curl(place, server, "-X", "POST", "/v1/sessions")
    try await until { FileManager.default.fileExists(atPath: place.path + "/asked") }
    // More than are kept for nobody.
    try await change(place, 0..<11)
    let current = try #require(try await place.reload().generation)
    try Data().write(to: URL(filePath: place.path + "/go"))
    let opened = try session(try await opening)
    #expect(opened.generation?.digest == current.digest)
    let bearer = "Authorization: Bearer \(try #require(opened.token))"
    // Who listens has no ninety seconds after which a session is over.
    let listening = try RunningProgram(
      "/usr/bin/curl",
      ["-sN", "-H", bearer, "http://\(server.address)/v1/events"]
    )
    _ = try #require(await listening.line(containing: "event: ready"), "\(listening.errors)")
    try await change(place, 11..<22)
    let own = try await curl(place, server, "-H", bearer, "/v1/sessions/self")
    #expect(try session(own).generation?.digest == current.digest)
    let bundle = "/v1/bundles/\(current.digest)"
    #expect(try parts(try await curl(place, server, "-I", bundle)).status == "200")
    // It goes on, and the old one goes.
    let newest = try #require(try await place.reload().generation)
    let id = "\(newest.epoch):\(newest.gen)"
    let path = "/v1/sessions/self/generation"
    let order = ["-X", "PUT", "-H", bearer, "-d"]
    let moved = try await Program.run(
      "/usr/bin/curl",
      ["-sS"] + order + [#"{"generation":"\#(id)"}"#, "http://\(server.address)\(path)"]
    )
    #expect(moved.output.contains(newest.digest))
    #expect(try parts(try await curl(place, server, bundle)).status == "410")
    let back = try await Program.run(
      "/usr/bin/curl",
      ["-sS"] + order
        + [
          #"{"generation":"\#(current.epoch):\#(current.gen)"}"#, "http://\(server.address)\(path)",
        ]
    )
    #expect(back.output.contains("/trimmed") || back.output.contains(":trimmed"), "\(back.output)")
    listening.send(SIGKILL)
    #expect(await server.stop() == 0)
  }

  /// A manifest goes with its bundle.
  @Test func aManifestThatWasTrimmedSaysSo() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let first = try #require(try await place.reload().generation)
    try await change(place, 0..<11)
    let path = "/v1/manifests/\(first.digest)"
    #expect(try parts(try await curl(place, server, path)).status == "410")
    let unknown = "/v1/manifests/\(String(repeating: "0", count: 64))"
    #expect(try parts(try await curl(place, server, unknown)).status == "404")
    #expect(await server.stop() == 0)
  }

  /// Who has nothing of ours checks the bytes by the field.
  @Test func theDigestOfTheBytesIsTold() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let current = try #require(try await place.reload().generation)
    let file = place.path + "/got.4dz"
    let fetched = try await Program.run(
      "/usr/bin/curl",
      ["-sS", "-D", "-", "-o", file, "http://\(server.address)/v1/bundles/\(current.digest)"]
    )
    let told = try #require(fetched.output.firstMatch(of: /Repr-Digest: sha-256=:(.+):/)).1
    let summed = try await Program.shell("openssl dgst -sha256 -binary '\(file)' | base64")
    #expect(summed.output == told + "\n")
    #expect(fetched.output.contains("Content-Digest: sha-256=:\(told):"))
    #expect(await server.stop() == 0)
  }

  /// A client that follows keeps what it has, not what it began with.
  @Test func aFollowingClientTakesItsSessionAlong() async throws {
    let place = try Workplace()
    let server = try await place.serve()
    let password = place.path + "/password"
    _ = try await Program.shell("umask 077 && echo x >'\(password)'")
    let client = try RunningProgram(
      Program.path,
      ["connect", server.address, "-o", place.path + "/app.4dz", "--follow", "--json"]
        + ["--user", "Designer", "--password-file", password]
    )
    _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    for number in 0..<3 {
      try await change(place, number..<number + 1)
      _ = try #require(await client.line(containing: "\"updated\""), "\(client.errors)")
    }
    let newest = try #require(try await place.reload().generation)
    let id = "\(newest.epoch):\(newest.gen)"
    try await until {
      try await Program.run("clients", "--state-dir", place.state, "--json").output.contains(id)
    }
    client.send(SIGTERM)
    _ = await client.exitStatus()
    #expect(await server.stop() == 0)
  }
}
