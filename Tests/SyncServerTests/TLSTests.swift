import Foundation
import SyncClient
import SyncProtocol
import SyncServer
import Testing

/// Real handshakes with other people's clients.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Tool.hasPeers)) struct TLSTests {
  /// A pair that the server makes for itself.
  static func pair(in folder: String) -> CertificateSource {
    .generated(certificate: folder + "/tls-cert.pem", key: folder + "/tls-key.pem")
  }

  /// Runs a TLS server whose generated pair lies in its folder.
  static func serve(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    try await ServerFixture.with(configure: {
      $0.alwaysSpeaksTLS = true
      $0.allowsAnonymous = true
      $0.certificates = TLSTests.pair(in: String(($0.socketPath ?? "").dropLast(11)))
      configure(&$0)
    }) { server in try await body(server) }
  }

  private func python(_ script: String, _ server: ServerFixture) async throws -> String {
    try await Tool.run("python3", ["-I", "-c", Tool.tlsClient + script, "\(server.port)"])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test(arguments: [("1.3", true), ("1.2", true), ("1.1", false), ("1.0", false)])
  func curlVerifiesTheGeneratedPairAndGetsNothingBelow12(version: String, works: Bool) async throws
  {
    try await Self.serve { server in
      let answer = try await Tool.run(
        "curl",
        ["-sS", "--cacert", server.folder + "/tls-cert.pem", "--tls-max", version]
          + ["--tlsv\(version)", "--ciphers", "DEFAULT@SECLEVEL=0", "-m", "150"]
          + ["https://localhost:\(server.port)\(Route.hello)"]
      )
      #expect(answer.contains("\"project\"") == works, "\(answer)")
    }
  }

  @Test func theGeneratedKeyIsKeptAndItsFilesArePrivate() async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var fingerprints: [String?] = []
    for round in 0..<3 {
      try await Self.serve({ $0.certificates = TLSTests.pair(in: folder) }) { server in
        fingerprints.append(server.server.keyFingerprint)
      }
      for name in ["tls-cert.pem", "tls-key.pem"] {
        let found = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
        #expect(found[.posixPermissions] as? Int == 0o600)
      }
      if round == 0 { try FileManager.default.removeItem(atPath: folder + "/tls-cert.pem") }
    }
    let shown = try await Tool.run(
      "openssl",
      ["x509", "-in", folder + "/tls-cert.pem", "-noout", "-text"]
    )
    for text in ["prime256v1", "DNS:localhost", "IP Address:127.0.0.1", "CA:FALSE"] {
      #expect(shown.contains(text))
    }
    let key = try await Tool.run("python3", ["-I", "-c", Self.spki, folder + "/tls-key.pem"])
    let expected = key.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(fingerprints == [expected, expected, expected])
  }

  private static let spki = """
    import hashlib, subprocess, sys
    print(hashlib.sha256(subprocess.run(['/usr/bin/openssl', 'pkey', '-in', sys.argv[1],
        '-pubout', '-outform', 'DER'], capture_output=True).stdout).hexdigest())
    """

  @Test func everyEndIsAnnouncedByTLS() async throws {
    try await Self.serve { server in
      let out = try await python(
        """
        own = 'Host: localhost:PORT\\r\\n'
        print(ask('GET /v1/hello HTTP/1.1\\r\\n' + own + 'Connection: close\\r\\n\\r\\n')[9:12])
        print(ask('GET /v1/hello HTTP/1.1\\r\\n' + own + 'Connection: close\\r\\n\\r\\n')[-3:] == 'CUT')
        refused = ask('GET /v1/hello HTTP/1.1\\r\\n\\r\\n')
        print(refused[9:12], refused.endswith('CUT'))
        garbage = ask('\\x01\\x02garbage\\r\\n\\r\\n')
        print(garbage[9:12], garbage.endswith('CUT'))
        """,
        server
      )
      #expect(out.split(separator: "\n") == ["200", "False", "400 False", "400 False"], "\(out)")
    }
  }

  @Test func eventsComeThroughTLSAndTheStreamEndsCleanly() async throws {
    try await Self.serve { server in
      async let out = python(
        """
        s = connect(); s.sendall(b'GET /v1/events HTTP/1.1\\r\\nHost: localhost:%d\\r\\n\\r\\n' % port)
        got = b''
        while b'event: ready' not in got: got += s.recv(65536)
        print('ready', flush=True)
        rest = end(s)
        print(rest.count('reconnect-required') > 0, rest.endswith('CUT'))
        head = got.decode().lower()
        print('content-security-policy' in head, 'nosniff' in head)
        """,
        server
      )
      try await server.untilStatus { $0.clients == 1 }
      try await server.project.publish(2)
      try await server.untilMetric("syncd_events_sent_total") { $0 >= 2 }
      await server.shutDown()
      #expect(try await out.split(separator: "\n") == ["ready", "True False", "True True"])
    }
  }

  @Test func plainBytesAreNoHandshakeAndHinderNobody() async throws {
    try await Self.serve { server in
      let plain = try await server.tcp()
      try await plain.send("GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
      let answer = String(decoding: try await plain.readToEnd(), as: UTF8.self)
      #expect(!answer.contains("HTTP/1.1"))
      #expect(try await python("print(connect().version())", server) == "TLSv1.3")
    }
  }

  @Test func aHandshakeOnAPlainAddressIsRefused() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      try await client.send("\u{16}\u{3}\u{1}\u{0}\u{5}hello\r\n\r\n")
      let answer = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"))
    }
  }

  @Test func theSameMachineProofIsRefused() async throws {
    try await Self.serve { server in
      let out = try await python(
        "print(ask('GET /v1/proof HTTP/1.1\\r\\nHost: localhost:PORT\\r\\nConnection: close\\r\\n\\r\\n'))",
        server
      )
      #expect(out.hasPrefix("HTTP/1.1 403") && out.contains("same-machine-only"), "\(out)")
    }
  }

  static let hosts = [
    ("localhost:PORT", "200"), ("127.0.0.1:PORT", "200"), ("team.example", "200"),
    ("team.example:PORT", "200"), ("a.wild.example:PORT", "421"), ("127.0.0.2:PORT", "421"),
    ("evil.example:PORT", "421"), ("[::1]:PORT", "421"), ("127.0.0.1:1", "421"),
  ]

  @Test(arguments: hosts)
  func theCertificatesNamesAndTheAddressAreTheHosts(host: String, status: String) async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await Tool.makePair(in: folder, names: "DNS:localhost,DNS:*.other.example")
    try await Self.serve({
      $0.certificates = .files(certificate: folder + "/cert.pem", key: folder + "/key.pem")
      $0.allowedHosts = ["team.example"]
    }) { server in
      let out = try await python(
        """
        t = 'GET /v1/hello HTTP/1.1\\r\\nHost: \(host)\\r\\nConnection: close\\r\\n\\r\\n'
        print(ask(t)[9:12])
        print(ask(t.replace('\(host)', 'x.other.example:PORT'))[9:12])
        print(ask(t.replace('\(host)', 'x.y.other.example:PORT'))[9:12])
        """,
        server
      )
      #expect(out.split(separator: "\n") == [Substring(status), "200", "421"])
    }
  }

  @Test func aHandshakeThatNeverComesIsNotWaitedFor() async throws {
    try await Self.serve({ $0.limits.head = .milliseconds(1_500) }) { server in
      let silent = try await server.tcp()
      _ = try await silent.readToEnd()
      #expect(try await server.metric("syncd_connections_timed_out_total") ?? 0 >= 1)
    }
  }

  @Test func aPasswordThatGoesClosesTheDoorAgain() async throws {
    try await ServerFixture.with(
      isProtected: true,
      configure: {
        $0.alwaysSpeaksTLS = true
        $0.certificates = TLSTests.pair(in: String(($0.socketPath ?? "").dropLast(11)))
      }
    ) { server in
      let script = """
        for way in ('GET /v1/hello', 'GET /v1/generations/current', 'POST /v1/sessions',
                    'GET /v1/events'):
            print(ask(way + ' HTTP/1.1\\r\\nHost: localhost:PORT\\r\\nConnection: close\\r\\n'
                  'Content-Length: 0\\r\\n\\r\\n')[9:12], end=' ')
        """
      let before = try await python(script, server)
      #expect(before == "200 401 401 401")
      server.project.unprotect()
      let after = try await python(script, server)
      #expect(after == "200 401 401 401")
      let here = try await server.askLocally("GET", Route.currentGeneration)
      #expect(here.status == 200)
    }
  }

  @Test func withoutAPasswordNobodyIsLetIn() async throws {
    let folder = try ServerFixture.temporaryFolder()
    let error = await #expect(throws: ServerError.self) {
      try await ServerFixture.with(
        folder: folder,
        configure: {
          $0.alwaysSpeaksTLS = true
          $0.certificates = TLSTests.pair(in: folder)
        }
      ) { _ in }
    }
    #expect(error?.code == .passwordMissing)
  }
}
