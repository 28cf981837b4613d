import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct RouteTests {
  @Test func answersThatAreKeptFollowTheGeneration() async throws {
    try await ServerFixture.with { server in
      for gen in UInt64(1)...3 {
        if gen > 1 { try await server.project.publish(gen) }
        for _ in 0..<2 {
          #expect(try await server.ask("GET", Route.hello).json(Hello.self).gen == gen)
          let current = try await server.ask("GET", Route.currentGeneration)
          #expect(try current.json(GenerationRecord.self).gen == gen)
        }
      }
    }
  }

  @Test func helloTellsWhoIsThere() async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Route.hello)
      #expect(answer.status == 200)
      #expect(answer["content-type"] == "application/json")
      #expect(answer["x-content-type-options"] == "nosniff")
      #expect(answer["cache-control"] == "no-store")
      #expect(answer["server"] == nil)
      #expect(answer["access-control-allow-origin"] == nil)
      #expect(answer["date"]?.hasSuffix("GMT") == true)
      let hello = try answer.json(Hello.self)
      #expect(hello.project == "Demo")
      #expect(hello.version == "9.9.9")
      #expect(hello.gen == 1)
    }
  }

  @Test func oneConnectionAnswersManyRequestsInOrder() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let one = "GET \(Route.hello) HTTP/1.1\r\nHost: \(server.host)\r\n\r\n"
      let two = "GET /nowhere HTTP/1.1\r\nHost: \(server.host)\r\n\r\n"
      try await client.send(one + two + one)
      #expect(try await client.response().status == 200)
      #expect(try await client.response().status == 404)
      #expect(try await client.response().status == 200)
    }
  }

  @Test(arguments: [Route.currentGeneration, "\(Route.generations)/abc:1"])
  func aGenerationHasItsDigestAsTag(path: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", path)
      #expect(answer.status == 200)
      let tag = try #require(answer["etag"])
      #expect(tag == "\"\(ServerFixture.digest)\"")
      #expect(try answer.json(GenerationRecord.self).gen == 1)
      let again = try await server.ask("GET", path, ["If-None-Match: \(tag)"])
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      let other = try await server.ask("GET", path, ["If-None-Match: \"a,*\", \"b,*,c\""])
      #expect(other.status == 200)
      for fields in [["\"a,b\", W/\(tag)"], ["\"a\"", tag], ["*"]] {
        let again = try await server.ask("GET", path, fields.map { "If-None-Match: \($0)" })
        #expect(again.status == 304, "\(fields)")
      }
    }
  }

  @Test func generationsThatAreNotThereAreToldApart() async throws {
    try await ServerFixture.with(generation: 3) { server in
      let old = try await server.ask("GET", "\(Route.generations)/abc:2")
      #expect(old.problem == .trimmed)
      let unknown = try await server.ask("GET", "\(Route.generations)/abc:9")
      #expect(unknown.problem == .notFound)
      let odd = try await server.ask("GET", "\(Route.generations)/yesterday")
      #expect(odd.problem == .notFound)
    }
  }

  @Test func beforeTheFirstGenerationTheServerIsBuilding() async throws {
    try await ServerFixture.with(generation: nil) { server in
      #expect(try await server.ask("GET", Route.currentGeneration).problem == .building)
      #expect(try await server.askLocally("GET", Route.ready).problem == .building)
      #expect(try await server.askLocally("GET", Route.live).status == 200)
      #expect(try await server.ask("GET", Route.hello).json(Hello.self).gen == nil)
      try await server.project.publish(1)
      #expect(try await server.askLocally("GET", Route.ready).status == 200)
    }
  }

  @Test func aManifestIsImmutableText() async throws {
    try await ServerFixture.with { server in
      let path = "\(Route.manifests)/\(ServerFixture.digest)"
      let answer = try await server.ask("GET", path)
      #expect(answer.status == 200)
      #expect(answer["content-type"] == "text/plain; charset=utf-8")
      #expect(answer["cache-control"] == "public, max-age=31536000, immutable")
      #expect(answer.text == "syncd-manifest 1\n")
      let head = try await server.ask("HEAD", path)
      #expect(head["content-length"] == "17")
    }
  }

  @Test(arguments: [
    ("DELETE", Route.hello, "GET, HEAD"), ("TRACE", Route.hello, "GET, HEAD"),
    ("GET", Route.reload, "POST"), ("POST", Route.events, "GET"), ("HEAD", Route.events, "GET"),
    ("PROPFIND", Route.currentGeneration, "GET, HEAD"), ("QUERY", Route.sessions, "POST"),
    ("PATCH", Route.clientAdmission, "GET, PUT"),
  ])
  func aWrongMethodIsRefusedWithThePossibleOnes(
    method: String,
    path: String,
    allow: String
  ) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally(method, path)
      #expect(answer.status == 405)
      #expect(answer["allow"] == allow)
      if method != "HEAD" { #expect(answer.problem == .methodNotAllowed) }
    }
  }

  @Test(arguments: [
    "\(Route.events)?since=a&since=b",
    "\(Route.deltas)/\(ServerFixture.digest)/\(ServerFixture.digest)?form=packed&form=content",
  ])
  func aParameterOfTheQueryStandsThereOnce(path: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", path)
      #expect(answer.problem == .badRequest)
    }
  }

  @Test(arguments: [
    "/", "/v1", "/v2/hello", "/v1/hello/x", "/v1/bundles/../../etc/passwd", "/%2e", "/v1/hello/",
    "//v1/hello", "/v1//hello", "/v1/generations/current/", "/v1/events/",
    "\(Route.generations)/abc%2F1", "\(Route.generations)/abc%3A1%00",
    "\(Route.generations)/%zz", "\(Route.generations)/%ff",
  ])
  func whatIsNotThereIsNotFound(path: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", path)
      #expect(answer.problem == .notFound)
    }
  }

  @Test(arguments: [
    ["Accept: text/event-stream"],
    [
      "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ],
  ])
  func anotherSpellingOfAPathIsNoEventStream(fields: [String]) async throws {
    try await ServerFixture.with { server in
      for path in ["\(Route.events)/", "/\(Route.events)"] {
        let answer = try await server.ask("GET", path, fields)
        #expect(answer.problem == .notFound)
      }
    }
  }

  @Test func aNameInAPathMayBeEscaped() async throws {
    try await ServerFixture.with { server in
      let generation = try await server.ask("GET", "\(Route.generations)/abc%3A1")
      #expect(generation.status == 200)
      let manifest = try await server.ask(
        "GET",
        "\(Route.manifests)/%\(String(ServerFixture.digest.utf8.first ?? 0, radix: 16))"
          + ServerFixture.digest.dropFirst()
      )
      #expect(manifest.status == 200)
      let own = try await server.ask("GET", "\(Route.sessions)/%73elf/info")
      #expect(own.problem == .authenticationRequired)
      let processes = try await server.askLocally("GET", "\(Route.sessions)/%73elf/processes")
      #expect(processes.problem == .authenticationRequired)
    }
  }

  @Test func statusAndMetricsTellTheFigures() async throws {
    try await ServerFixture.with(generation: 12) { server in
      let status = try await server.askLocally("GET", Route.status).json(ProjectStatus.self)
      #expect(status.listening == [server.host])
      #expect(status.generation?.gen == 12)
      #expect(status.watching.directories == 7)
      #expect(try await server.metric("syncd_generation") == 12)
      #expect(try await server.metric("syncd_bundle_bytes") == 100_000)
      #expect(try await server.metric("syncd_reloads_total{outcome=\"failed\"}") == 6)
      #expect(try await server.metric("syncd_last_reload_seconds") == 0.25)
      #expect(try await server.metric("process_resident_memory_bytes") ?? 0 > 1_000_000)
    }
  }
}
