import SyncProtocol
import SyncServer
import Testing

/// The same rules hold for the router and for the event stream.
@Suite(.timeLimit(.minutes(3))) struct ForeignPageTests {
  struct Case: CustomTestStringConvertible {
    let fields: [String]
    let problem: ProblemType?

    init(_ fields: [String], _ problem: ProblemType? = nil) {
      self.fields = fields
      self.problem = problem
    }

    var testDescription: String { fields.joined(separator: ", ") }
  }

  /// PORT stands for the server's port.
  static let cases = [
    Case(["Host: 127.0.0.1:PORT"]),
    Case(["Host: localhost:PORT"]),
    Case(["Host: LocalHost:PORT"]),
    Case(["Host: 127.9.9.9:PORT"]),
    Case(["Host: [::1]:PORT"]),
    Case(["Host: team.example"]),
    Case(["Host: team.example:PORT"]),
    Case(["Host: fixed.example:8443"]),
    Case(["Host: 127.0.0.1:PORT", "Origin: http://127.0.0.1:PORT"]),
    Case(["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: same-origin"]),
    Case(["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: none"]),
    Case([], .badRequest),
    Case(["Host: "], .badRequest),
    Case(["Host: a b"], .badRequest),
    Case(["Host: 127.0.0.1:PORT", "Host: 127.0.0.1:PORT"], .badRequest),
    Case(["Host: 127.0.0.1:99999"], .badRequest),
    Case(["Host: 127.0.0.1"], .hostNotAllowed),
    Case(["Host: 127.0.0.1:1"], .hostNotAllowed),
    Case(["Host: evil.example:PORT"], .hostNotAllowed),
    Case(["Host: localhost.evil.example:PORT"], .hostNotAllowed),
    Case(["Host: 127.0.0.1.evil.example:PORT"], .hostNotAllowed),
    Case(["Host: 128.0.0.1:PORT"], .hostNotAllowed),
    Case(["Host: fixed.example"], .hostNotAllowed),
    Case(["Host: fixed.example:PORT"], .hostNotAllowed),
    Case(["Host: 127.0.0.1:PORT", "Origin: http://evil.example"], .originNotAllowed),
    Case(["Host: 127.0.0.1:PORT", "Origin: null"], .originNotAllowed),
    Case(["Host: 127.0.0.1:PORT", "Origin: http://127.0.0.1"], .originNotAllowed),
    Case(["Host: 127.0.0.1:PORT", "Origin: http://localhost:PORT"], .originNotAllowed),
    Case(["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: cross-site"], .originNotAllowed),
  ]

  @Test(arguments: cases) func aRequestIsJudgedByItsHostAndOrigin(_ sample: Case) async throws {
    let rules: (inout ServerConfiguration) -> Void = {
      $0.allowedHosts = ["team.example", "fixed.example:8443"]
    }
    try await ServerFixture.with(configure: rules) { server in
      let fields = sample.fields.map { $0.replacing("PORT", with: "\(server.port)") }
      let routed = try await server.tcp().ask("GET", Route.hello, fields)
      #expect(routed.problem == sample.problem)
      #expect(routed.status == sample.problem?.status ?? 200)

      let streaming = try await server.tcp()
      let lines = (["GET \(Route.events) HTTP/1.1"] + fields).joined(separator: "\r\n")
      try await streaming.send(lines + "\r\n\r\n")
      #expect(try await streaming.head().status == sample.problem?.status ?? 200)
    }
  }

  @Test func anAbsoluteTargetNamesTheHost() async throws {
    try await ServerFixture.with { server in
      let own = try await server.ask("GET", "http://localhost:\(server.port)\(Route.hello)")
      #expect(own.status == 200)
      let foreign = try await server.ask("GET", "http://evil.example\(Route.hello)")
      #expect(foreign.problem == .hostNotAllowed)
    }
  }

  @Test(arguments: [
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "Transfer-Encoding: gzip, identity\r\n\r\n", "Content-Length : 2\r\n\r\n{}",
    "Content-Length: -1\r\n\r\n", "X: a\u{0}b\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "X: \(String(repeating: "x", count: 17_000))\r\n\r\n",
  ])
  func aRequestThatCanBeReadTwoWaysIsRefusedAndTheConnectionClosed(rest: String) async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      try await client.send(
        "POST \(Route.hello) HTTP/1.1\r\nHost: \(server.host)\r\n" + rest
          + "GET /v1/smuggled HTTP/1.1\r\nHost: \(server.host)\r\n\r\n"
      )
      let answers = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(answers.hasPrefix("HTTP/1.1 400"))
      #expect(!answers.contains("smuggled"))
    }
  }
}
