import Foundation
import SyncProtocol
import SyncServer
import Testing

/// The HTTP shell: time, numbers, origins and methods.
@Suite(.timeLimit(.minutes(3)), .serialized) struct ShellTests {
  /// Limits that a test can wait for, all of them.
  private static func hurried(_ limits: inout ConnectionLimits) {
    limits.head = .milliseconds(1_000)
    limits.idle = .milliseconds(900)
    limits.bodyPause = .milliseconds(400)
    limits.body = .milliseconds(900)
  }

  /// A server whose limits a test can wait for.
  ///
  /// A busy machine may hold up the test's own requests for longer than that: they are cut, as they
  /// should be, and the test begins again.
  private func serve(
    _ limit: (inout ConnectionLimits) -> Void,
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    while true {
      do {
        return try await ServerFixture.with(configure: { limit(&$0.limits) }, body)
      } catch TestClientError.closed { try Task.checkCancellation() }
    }
  }

  @Test(arguments: ["", "GET", "GET /v1/hello HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
  func aHeadThatNeverEndsIsNotWaitedFor(beginning: String) async throws {
    try await serve({ $0.head = .milliseconds(1_000) }) { server in
      let client = try await server.tcp()
      if !beginning.isEmpty { try await client.send(beginning) }
      #expect(try await client.readToEnd().isEmpty)
      #expect(try await server.metric("syncd_connections_timed_out_total") ?? 0 >= 1)
    }
  }

  @Test func aHeadThatDripsIsNotWaitedForEither() async throws {
    try await serve({ $0.head = .milliseconds(1_000) }) { server in
      let client = try await server.tcp()
      _ = try await client.ask("GET", Route.hello, host: server.host)
      // Without the limit this would not end.
      while true {
        do {
          try await client.send("G")
          await Task.yield()
        } catch { break }
      }
      // Whether the bytes that came late were answered by a reset is the kernel's affair.
      _ = try? await client.readToEnd()
      #expect(try await server.metric("syncd_connections_timed_out_total") ?? 0 >= 1)
    }
  }

  @Test func anIdleConnectionIsClosedLaterThanASlowHead() async throws {
    try await serve({ $0.idle = .milliseconds(900) }) { server in
      let began = ContinuousClock().now
      let client = try await server.tcp()
      #expect(try await client.ask("GET", Route.hello, host: server.host).status == 200)
      #expect(try await client.readToEnd().isEmpty)
      #expect(ContinuousClock().now - began >= .milliseconds(900))
      #expect(try await server.metric("syncd_connections_timed_out_total") == 0)
    }
  }

  @Test func aBodyThatStandsStillIsNotWaitedFor() async throws {
    try await serve({ $0.bodyPause = .milliseconds(400) }) { server in
      let client = try await server.unix()
      try await client.send(
        "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
      )
      #expect(!String(decoding: try await client.readToEnd(), as: UTF8.self).contains("200 OK"))
      #expect(try await server.metric("syncd_connections_timed_out_total") == 1)
    }
  }

  @Test func aConnectionThatWasAnsweredTooEarlyIsNotKeptForever() async throws {
    try await serve(Self.hurried) { server in
      let client = try await server.unix()
      let piece = String(repeating: "x", count: 0x1_0001)
      try await client.send(
        "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "10001\r\n\(piece)\r\n"
      )
      #expect(try await client.response().status == 413)
      try? await client.send("0\r\n\r\n")
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  @Test func theServersOwnTimeForAnAnswerCountsForNothing() async throws {
    try await serve(Self.hurried) { server in
      server.project.holdReloads()
      let client = try await server.unix()
      try await withThrowingTaskGroup(of: TestResponse?.self) { group in
        defer { server.project.releaseReloads() }
        group.addTask { try await client.ask("POST", Route.reload, host: "x", body: "{}") }
        group.addTask {
          for await _ in server.project.reloadBegan { break }
          return nil
        }
        // The reload begins, or the request was cut.
        let first = try await group.next()
        #expect(first?.map(\.status) == .some(nil))
        // Longer than any of the limits: another connection is closed for being idle meanwhile.
        let other = try await server.unix()
        _ = try await other.ask("GET", Route.status, host: "x")
        _ = try await other.readToEnd()
        server.project.releaseReloads()
        #expect(try await group.next()??.status == 200)
      }
    }
  }

  @Test func norDoesItForARequestThatCameTogetherWithAnother() async throws {
    try await serve(Self.hurried) { server in
      server.project.holdReloads()
      let client = try await server.unix()
      try await client.send(
        "GET \(Route.hello) HTTP/1.1\r\nHost: x\r\n\r\n"
          + "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
      )
      #expect(try await client.response().status == 200)
      var began = server.project.reloadBegan.makeAsyncIterator()
      await began.next()
      let other = try await server.unix()
      _ = try await other.ask("GET", Route.status, host: "x")
      _ = try await other.readToEnd()
      server.project.releaseReloads()
      #expect(try await client.response().status == 200)
    }
  }

  @Test func anEventStreamIsUnderNoneOfTheseLimits() async throws {
    try await serve(Self.hurried) { server in
      let stream = try await server.tcp()
      #expect(try await stream.openEvents(host: server.host).status == 200)
      _ = try await stream.nextEvent()
      let other = try await server.tcp()
      _ = try await other.ask("GET", Route.hello, host: server.host)
      _ = try await other.readToEnd()
      try await server.project.publish(2)
      #expect(try await stream.nextEvent()?.event?.name == "reconnect-required")
    }
  }

  @Test func aThousandHalfOpenConnectionsHinderNobody() async throws {
    var files = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    files.rlim_cur = min(files.rlim_max, 8_192)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    try #require(files.rlim_cur > 3_000)
    try await serve({ $0.head = .milliseconds(2_500) }) { server in
      var slow: [TestClient] = []
      for _ in 0..<1_000 {
        let client = try await server.tcp()
        // The first ones may have been cut before the last ones came.
        try? await client.send("GET /v1/hello HTTP/1.1\r\nX-")
        slow.append(client)
      }
      let client = try await server.tcp()
      for _ in 0..<200 {
        let answer = try await client.ask("GET", Route.hello, host: server.host)
        #expect(answer.status == 200)
      }
      for client in slow {
        let left = try await client.readToEnd()
        #expect(left.isEmpty)
      }
      #expect(try await server.metric("syncd_connections_timed_out_total") ?? 0 >= 1_000)
    }
  }

  @Test func beyondTheLimitANewConnectionIsClosedAndAPlaceComesFree() async throws {
    try await ServerFixture.with(configure: { $0.limits.total = 2 }) { server in
      var first: TestClient? = try await server.tcp()
      _ = try await first?.ask("GET", Route.hello, host: server.host)
      let second = try await server.tcp()
      _ = try await second.ask("GET", Route.hello, host: server.host)
      let third = try await server.tcp()
      #expect(try await third.readToEnd().isEmpty)
      #expect(try await server.metric("syncd_connections_turned_away_total") == 1)
      first?.finishSending()
      _ = try await first?.readToEnd()
      first = nil
      var status = 0
      while status != 200 {
        try Task.checkCancellation()
        status = (try? await server.ask("GET", Route.hello).status) ?? 0
      }
      #expect(try await second.ask("GET", Route.hello, host: server.host).status == 200)
    }
  }

  @Test func anAddressThatMayNotComeIsClosedUnheard() async throws {
    try await ServerFixture.with(configure: { $0.admitsAddress = { $0 != "127.0.0.1" } }) {
      server in
      let client = try await server.tcp()
      #expect(try await client.readToEnd().isEmpty)
      #expect(try await server.askLocally("GET", Route.hello).status == 200)
      #expect(try await server.metric("syncd_connections_turned_away_total") == 1)
    }
  }

  @Test(arguments: ["FOO", "TRACE", "CONNECT", "PATCH", "PROPFIND", "BREW"])
  func aMethodThatNobodyHasIs405WithThosePossible(method: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask(method, Route.hello)
      #expect(answer.status == 405)
      #expect(answer["allow"]?.contains("GET") == true)
    }
  }

  @Test(arguments: [
    "GET /v1/hello HTTP/1.1\nHost: HOST\n\n",
    "GET /v1/hello HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /v1/hello HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "POST /v1/hello HTTP/1.1\r\nHost: HOST\r\nContent-Length: +2\r\n\r\n{}",
    "POST /v1/hello HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2, 3\r\n\r\n{}x",
    "POST /v1/hello HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /v1/hello HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "ffffffffffffffff1\r\n",
    "GET /v1/hello HTTP/1.1\r\nHost: HOST\r\nX\u{0}: y\r\n\r\n",
    "GET /v1/hello HTTP/9.9\r\nHost: HOST\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n", "*1\r\n$4\r\nPING\r\n",
  ])
  func whatCanBeReadTwoWaysEndsTheConnection(bytes: String) async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      try await client.send(
        bytes.replacing("HOST", with: server.host)
          + "GET /v1/smuggled HTTP/1.1\r\nHost: \(server.host)\r\n\r\n"
      )
      client.finishSending()
      let answers = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(answers.matches(of: /HTTP\/1.1 \d/).count <= 1, "\(answers)")
      #expect(!answers.contains("smuggled"))
    }
  }

  @Test(arguments: [
    "gzip, chunked", "identity, chunked", "br ,chunked", "chunked, chunked", "chunked;q=1",
    "gzip\r\nTransfer-Encoding: chunked", "Chunked",
  ])
  func aBodyInAnotherCodingThanChunkedIsRefused(coding: String) async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      try await client.send(
        "POST \(Route.sessions) HTTP/1.1\r\nHost: \(server.host)\r\n"
          + "Transfer-Encoding: \(coding)\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
      )
      let answer = try await client.response()
      guard coding != "Chunked" else { return #expect(answer.status == 201) }
      #expect(answer.status == 400)
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  @Test(arguments: [
    "/..%2f..%2fetc/passwd", "/v1/../../etc/passwd", "/%2e%2e/", "//evil", "/?raw??",
  ])
  func noPathReachesAFile(path: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", path)
      #expect(answer.problem == .notFound)
    }
  }

  @Test func everyAnswerTellsBrowsersToMakeNothingOfIt() async throws {
    try await ServerFixture.with { server in
      let stream = try await server.tcp()
      let answers = [
        try await server.ask("GET", Route.hello), try await server.ask("GET", "/nothing"),
        try await server.tcp().ask("GET", Route.hello), try await server.ask("FOO", Route.hello),
      ]
      for answer in answers {
        #expect(answer["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["referrer-policy"] == "no-referrer")
        #expect(answer["cross-origin-resource-policy"] == "same-origin")
        #expect(answer["access-control-allow-origin"] == nil)
        #expect(answer["server"] == nil)
      }
      let head = try await stream.openEvents(host: server.host)
      #expect(head["content-security-policy"] != nil)
      #expect(head["cross-origin-resource-policy"] == "same-origin")
    }
  }

  @Test func aConfiguredOriginMayAskAndNoOther() async throws {
    let origin = "https://desk.example"
    try await ServerFixture.with(configure: { $0.allowedOrigins = [origin] }) { server in
      let cross = "Sec-Fetch-Site: cross-site"
      let answer = try await server.ask("GET", Route.hello, ["Origin: \(origin)", cross])
      #expect(answer.status == 200)
      #expect(answer["access-control-allow-origin"] == origin)
      #expect(answer["vary"] == "Origin")
      let question = ["Origin: \(origin)", "Access-Control-Request-Method: POST"]
      let client = try await server.tcp()
      let allowed = try await client.ask("OPTIONS", Route.reload, host: server.host, question)
      #expect(allowed.status == 204)
      #expect(allowed["access-control-allow-methods"] == "DELETE, GET, HEAD, POST, PUT")
      #expect(allowed["access-control-allow-origin"] == origin)
      #expect(try await client.ask("GET", Route.hello, host: server.host).status == 200)
      let other = ["Origin: https://evil.example", "Access-Control-Request-Method: POST"]
      let refused = try await server.ask("OPTIONS", Route.reload, other)
      #expect(refused.problem == .originNotAllowed)
      #expect(refused["access-control-allow-origin"] == nil)
      let stream = try await server.tcp()
      try await stream.send(
        "GET \(Route.events) HTTP/1.1\r\nHost: \(server.host)\r\nOrigin: \(origin)\r\n\r\n"
      )
      let head = try await stream.head()
      #expect(head.fields.contains { $0.name == "access-control-allow-origin" })
    }
  }
}
