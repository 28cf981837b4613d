import ProjectModel
import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct BundleTests {
  static let path = "\(Route.bundles)/\(ServerFixture.digest)"
  static let tag = "\"\(ServerFixture.digest)\""
  static let size = StubProject.content.count

  @Test func aBundleComesWholeWithItsFields() async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Self.path)
      #expect(answer.status == 200)
      #expect(answer.body == StubProject.content)
      #expect(answer["content-length"] == "\(Self.size)")
      #expect(answer["content-type"] == "application/zip")
      #expect(answer["etag"] == Self.tag)
      #expect(answer["accept-ranges"] == "bytes")
      #expect(answer["cache-control"] == "public, max-age=31536000, immutable")
    }
  }

  @Test func headTellsTheSameWithoutTheBytes() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let answer = try await client.ask("HEAD", Self.path, host: server.host, ["Range: bytes=0-1"])
      #expect(answer.status == 200)
      #expect(answer["content-length"] == "\(Self.size)")
      // The connection goes on with the next answer at once.
      let next = try await client.ask("GET", Self.path, host: server.host)
      #expect(next.body == StubProject.content)
    }
  }

  @Test func aSessionDownloadsTwiceAtOnceAndNoMore() async throws {
    try await ServerFixture.with { server in
      try server.project.keepLargeBundle()
      let path = "\(Route.bundles)/\(try #require(StubProject.largeDigest).hex)"
      let bearer = try server.bearer(try await server.ask("POST", Route.sessions))
      var slow: [TestClient] = []
      for _ in 0..<2 {
        let client = try await server.tcp(receiveBuffer: 4_096)
        try await client.send(
          "GET \(path) HTTP/1.1\r\nHost: \(server.host)\r\n\(bearer.joined())\r\n\r\n"
        )
        _ = try await client.read(through: "\r\n\r\n")
        slow.append(client)
      }
      let refused = try await server.ask("GET", path, bearer)
      #expect(refused.problem == .tooMany && refused["retry-after"] == "1")
      // Another client's downloads are its own.
      #expect(try await server.ask("HEAD", path).status == 200)
      slow.removeLast()
      while try await server.ask("HEAD", path, bearer).status == 429 {
        try Task.checkCancellation()
      }
      withExtendedLifetime(slow) {}
    }
  }

  @Test func thoseWhoDownloadAtTheSameTimeShareWhatWasRead() async throws {
    try await ServerFixture.with { server in
      try server.project.keepLargeBundle()
      let digest = try #require(StubProject.largeDigest).hex
      // Takes a little and no more: the bundle stays in use.
      let first = try await server.tcp(receiveBuffer: 4_096)
      try await first.send(
        "GET \(Route.bundles)/\(digest) HTTP/1.1\r\nHost: \(server.host)\r\n\r\n"
      )
      _ = try await first.read(through: "\r\n\r\n")
      let second = try await server.ask("GET", "\(Route.bundles)/\(digest)")
      #expect(second.body == StubProject.largeContent)
      try server.project.emptyLargeBundle()
      let third = try await server.ask("GET", "\(Route.bundles)/\(digest)")
      #expect(third.body == StubProject.largeContent)
      let range = try await server.ask(
        "GET",
        "\(Route.bundles)/\(digest)",
        ["Range: bytes=300000-900000"]
      )
      #expect(range.body == Array(StubProject.largeContent[300_000...900_000]))
      withExtendedLifetime(first) {}
    }
  }

  @Test(arguments: [
    ("bytes=0-0", 0..<1), ("bytes=0-99999", 0..<100_000), ("bytes=99999-", 99_999..<100_000),
    ("bytes=10-19", 10..<20), ("bytes=99990-200000", 99_990..<100_000),
    ("bytes=-1", 99_999..<100_000), ("bytes=-500000", 0..<100_000), ("Bytes=5-5", 5..<6),
    ("bytes= 5-5 ", 5..<6), ("bytes=1-99999999999999999999999", 1..<100_000),
    ("bytes=-99999999999999999999999", 0..<100_000),
  ])
  func aRangeComesAlone(range: String, expected: Range<Int>) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Self.path, ["Range: \(range)"])
      #expect(answer.status == 206)
      #expect(answer.body == Array(StubProject.content[expected]))
      let shown = "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(Self.size)"
      #expect(answer["content-range"] == shown)
      #expect(answer["content-length"] == "\(expected.count)")
    }
  }

  @Test(arguments: [
    "bytes=0-1,5-6", "bytes=5-4", "bytes=", "bytes=-", "bytes=a-b", "bytes=0x1-5", "lines=1-2",
    "0-1", "bytes=1-2-3", "bytes=+1-2",
  ])
  func aRangeThatCannotBeReadIsIgnored(range: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Self.path, ["Range: \(range)"])
      #expect(answer.status == 200)
      #expect(answer.body.count == Self.size)
    }
  }

  @Test(arguments: ["bytes=100000-", "bytes=100000-100001", "bytes=-0", "bytes=999999999-"])
  func aRangeBeyondTheEndIsRefusedWithTheSize(range: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", Self.path, ["Range: \(range)"])
      #expect(answer.problem == .rangeNotSatisfiable)
      #expect(answer["content-range"] == "bytes */\(Self.size)")
    }
  }

  @Test(arguments: [
    (tag, 206), ("W/" + tag, 200), ("\"else\"", 200), ("Sat, 01 Jan 2000 00:00:00 GMT", 200),
  ])
  func aRangeCountsOnlyForTheBundleThatTheClientHas(condition: String, status: Int) async throws {
    try await ServerFixture.with { server in
      let fields = ["Range: bytes=0-9", "If-Range: \(condition)"]
      let part = try await server.ask("GET", Self.path, fields)
      #expect(part.status == status)
      let head = try await server.ask("HEAD", Self.path, fields)
      #expect(head.status == 200)
    }
  }

  @Test(arguments: [
    (tag, 304), ("W/" + tag, 304), ("*", 304), ("\"a\", \(tag)", 304), ("\"a\"", 200), ("", 200),
  ])
  func whoHasTheBundleGetsNoBytes(condition: String, status: Int) async throws {
    try await ServerFixture.with { server in
      let fields = ["If-None-Match: \(condition)", "Range: bytes=0-9"]
      let answer = try await server.ask("GET", Self.path, fields)
      #expect(answer.status == (status == 200 ? 206 : 304))
      #expect(answer["etag"] == Self.tag)
      if status == 304 { #expect(answer.body.isEmpty) }
    }
  }

  @Test(arguments: [
    "\(Route.bundles)/\(String(repeating: "f", count: 64))", "\(Route.bundles)/abc",
    "\(Route.bundles)/\(ServerFixture.digest.uppercased())", "\(Route.bundles)/..",
    Route.bundles,
  ])
  func anUnknownDigestIsNotFound(path: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", path)
      #expect(answer.problem == .notFound)
    }
  }
}
