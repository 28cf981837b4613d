import Bundler
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol
import SyncServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct PairingTests {
  private static let secret = "a secret of its own"

  private static func pairing(
    application: String = "Contacts",
    secret: String = secret,
    version: Int = 3
  ) -> ClientPairing {
    ClientPairing(
      application: application,
      hardLink: secret,
      version: version,
      platform: "linux-x86_64"
    )
  }

  /// A server of the application, versions 2 to 3, that holds a client of some bytes.
  private func with(
    archive: [UInt8] = Array(repeating: 7, count: 300_000),
    isProtected: Bool = false,
    isTLS: Bool = false,
    _ body: (ServerFixture, ServerConnection, UpdateOffer) async throws -> Void
  ) async throws {
    let folder = try ServerFixture.temporaryFolder()
    let path = folder + "/update.linux.4darchive"
    try Data(archive).write(to: URL(filePath: path))
    let offer = UpdateOffer(
      application: "Contacts",
      version: 3,
      platform: "linux-x86_64",
      digest: SHA256.digest(of: archive),
      size: archive.count,
      signature: String(repeating: "0", count: 128)
    )
    let versions = try #require(ClientVersions(current: 3, minimum: 2, maximum: 3))
    let application = ServedApplication(
      name: "Contacts",
      hardLink: Self.secret,
      versions: versions,
      updates: [ServedApplication.Update(offer, path: path)]
    )
    try await ServerFixture.with(
      folder: folder,
      isProtected: isProtected,
      configure: {
        $0.application = application
        guard isTLS else { return }
        $0.alwaysSpeaksTLS = true
        $0.certificates = TLSTests.pair(in: folder)
      }
    ) { server in
      let address = ServerAddress(host: "127.0.0.1", port: server.port)
      try await body(server, ServerConnection(.tcp(address)), offer)
    }
  }

  @Test func theApplicationsOwnClientGetsIn() async throws {
    try await with { server, connection, offer in
      let own = try await PairedServer(connection, as: Self.pairing())
      #expect(own.versions.words == "versions 2 to 3")
      #expect(own.update == offer)
      var paired = connection
      paired.pairing = Self.pairing()
      let session = try await paired.openSession(SessionRequest())
      let token = try #require(session.token)
      let current = try await connection.inSession(token).currentGeneration()
      #expect(current.gen == 1)
    }
  }

  @Test func othersAreToldWhoseServerItIs() async throws {
    try await with { server, connection, _ in
      let hello = try await connection.hello()
      #expect(hello.application == "Contacts")
      for path in [
        Route.currentGeneration, Route.events, "\(Route.bundles)/\(ServerFixture.digest)",
      ] {
        let answer = try await server.ask("GET", path, ["Accept: text/event-stream, */*"])
        let problem = try answer.json(ProblemDetails.self)
        #expect(problem.problemType == .pairingRequired)
        #expect(problem.detail.contains("the application Contacts"))
      }
      let refused = await #expect(throws: ClientError.self) {
        try await connection.openSession(SessionRequest())
      }
      #expect(refused?.problem?.problemType == .pairingRequired)
    }
  }

  @Test func anotherSecretAndAnotherApplicationDoNotPair() async throws {
    try await with { _, connection, _ in
      let wrong = await #expect(throws: ClientError.self) {
        try await PairedServer(connection, as: Self.pairing(secret: "guessed"))
      }
      #expect(wrong?.problem?.problemType == .pairingRequired)
      let other = await #expect(throws: ClientError.self) {
        try await PairedServer(connection, as: Self.pairing(application: "Invoices"))
      }
      #expect(other?.code == .refused)
      #expect(other?.problem == nil)
    }
  }

  @Test func aClientOutOfTheRangeMayFetchItsUpdateAndNoMore() async throws {
    try await with { server, connection, offer in
      var old = connection
      old.pairing = Self.pairing(version: 1)
      let refused = await #expect(throws: ClientError.self) {
        try await old.openSession(SessionRequest())
      }
      #expect(refused?.problem?.problemType == .versionRefused)
      #expect(refused?.problem?.detail.contains("takes versions 2 to 3") == true)
      let paired = try await PairedServer(connection, as: Self.pairing(version: 1))
      let target = server.folder + "/fetched"
      try await paired.fetch(offer, to: target) { _, _ in }
      #expect(SHA256.digest(of: Array(try Data(contentsOf: URL(filePath: target)))) == offer.digest)
    }
  }

  @Test func aFetchGoesOnWithWhatIsThere() async throws {
    try await with { server, connection, offer in
      let target = server.folder + "/fetched"
      let part = "\(target)-\(offer.digest.hex.prefix(16))"
      let other = "\(target)-0123456789abcdef"
      try Data(repeating: 7, count: 200_000).write(to: URL(filePath: part))
      try Data("of an earlier offer".utf8).write(to: URL(filePath: other))
      let paired = try await PairedServer(connection, as: Self.pairing())
      let first = FirstProgress()
      try await paired.fetch(offer, to: target) { received, _ in first.note(received) }
      #expect(try #require(first.value) > 200_000)
      #expect(SHA256.digest(of: Array(try Data(contentsOf: URL(filePath: target)))) == offer.digest)
      #expect(!FileManager.default.fileExists(atPath: part))
      #expect(!FileManager.default.fileExists(atPath: other))
    }
  }

  @Test func whatIsNotTheOfferedArchiveIsThrownAway() async throws {
    try await with { server, connection, offer in
      let target = server.folder + "/fetched"
      let part = "\(target)-\(offer.digest.hex.prefix(16))"
      try Data(repeating: 8, count: 200_000).write(to: URL(filePath: part))
      let paired = try await PairedServer(connection, as: Self.pairing())
      let failure = await #expect(throws: ClientError.self) {
        try await paired.fetch(offer, to: target) { _, _ in }
      }
      #expect(failure?.code == .verification)
      #expect(!FileManager.default.fileExists(atPath: part))
      try await paired.fetch(offer, to: target) { _, _ in }
    }
  }

  @Test(arguments: ["", "x", "3.9999999999", "3.9999999999.\(String(repeating: "0", count: 64))"])
  func aTokenThatTheServerDidNotMakeIsNone(token: String) async throws {
    try await with { server, _, offer in
      let fields = token.isEmpty ? [] : ["\(PairingMessage.tokenField): \(token)"]
      let answer = try await server.ask("GET", "\(Route.updates)/\(offer.digest)", fields)
      #expect(answer.status == 403)
    }
  }

  @Test func aProofIsGoodForOneConnection() async throws {
    try await with { server, _, _ in
      let first = try await server.tcp()
      let second = try await server.tcp()
      let challenge = try await first.ask("GET", Route.pairing, host: server.host)
        .json(PairingChallenge.self)
      _ = try await second.ask("GET", Route.pairing, host: server.host)
      let message = PairingMessage(
        application: "Contacts",
        serverID: challenge.serverID,
        serverNonce: challenge.nonce,
        clientNonce: String(repeating: "ab", count: 32),
        version: 3,
        binding: .plain
      )
      let proof = PairingProof(
        nonce: message.clientNonce,
        version: 3,
        platform: "linux-x86_64",
        binding: .plain,
        code: MessageAuthentication.code(
          for: message.bytes(of: .client),
          key: Array(Self.secret.utf8)
        )
      )
      let body = String(decoding: try WireJSON.encode(proof), as: UTF8.self)
      let json = ["Content-Type: application/json"]
      let replayed = try await second.ask(
        "POST",
        Route.pairing,
        host: server.host,
        json,
        body: body
      )
      #expect(replayed.status == 403)
      let shown = try await first.ask("POST", Route.pairing, host: server.host, json, body: body)
      #expect(shown.status == 200)
      // A challenge is good once.
      let again = try await first.ask("POST", Route.pairing, host: server.host, json, body: body)
      #expect(again.status == 403)
    }
  }

  @Test func aProofForAnotherKeyOrAPlainConnectionIsARelays() async throws {
    for binding in [PairingBinding.key(String(repeating: "0", count: 64)), .plain, .authority] {
      try await with(isTLS: true) { server, _, _ in
        let pins = server.folder + "/pins"
        var trust = ServerTrust(knownServers: KnownServers(path: pins))
        trust.isForced = true
        trust.holdPins()
        let address = ServerAddress(host: "127.0.0.1", port: server.port)
        let connection = ServerConnection(.tcp(address), trust: trust)
        _ = try await PairedServer(connection, as: Self.pairing())
        #expect(!FileManager.default.fileExists(atPath: pins))
        try trust.pinHeld()
        #expect(FileManager.default.fileExists(atPath: pins))
        _ = try await PairedServer(connection, as: Self.pairing())
        let status = try await status(of: binding, at: server)
        #expect(status == (binding == .authority ? "200" : "403"))
      }
    }
  }

  /// What a proof with some binding is answered with over TLS.
  private func status(of binding: PairingBinding, at server: ServerFixture) async throws -> String {
    let script = """
      import hashlib, hmac, http.client, json, ssl
      c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
      h = http.client.HTTPSConnection('127.0.0.1', \(server.port), context=c)
      h.request('GET', '/v1/pairing'); a = json.loads(h.getresponse().read())
      lines = ['syncd-pairing-1', 'client', a['application'], a['serverID'], a['nonce'], 'ab' * 32, '3', '\(binding.text)']
      code = hmac.new(b'\(Self.secret)', '\\n'.join(lines).encode(), hashlib.sha256).hexdigest()
      body = {'nonce': 'ab' * 32, 'version': 3, 'platform': 'linux-x86_64', 'binding': lines[-1], 'code': code}
      h.request('POST', '/v1/pairing', json.dumps(body), {'Content-Type': 'application/json'})
      print(h.getresponse().status)
      """
    return try await Tool.run("python3", ["-I", "-c", script])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func guessingIsSlowedDown() async throws {
    try await with { _, connection, _ in
      var seen: ProblemType?
      for number in 0..<20 where seen != .tooMany {
        let failure = await #expect(throws: ClientError.self) {
          try await PairedServer(connection, as: Self.pairing(secret: "guess \(number)"))
        }
        seen = failure?.problem?.problemType
      }
      #expect(seen == .tooMany)
    }
  }

  @Test func aServerOfNoApplicationSaysSo() async throws {
    try await ServerFixture.with { server in
      let address = ServerAddress(host: "127.0.0.1", port: server.port)
      let failure = await #expect(throws: ClientError.self) {
        try await PairedServer(ServerConnection(.tcp(address)), as: Self.pairing())
      }
      #expect(failure?.problem?.problemType == .notFound)
    }
  }

  @Test func thePasswordOfAUserIsAskedForBesides() async throws {
    try await with(isProtected: true) { _, connection, _ in
      var paired = connection
      paired.pairing = Self.pairing()
      let failure = await #expect(throws: ClientError.self) {
        try await paired.openSession(SessionRequest())
      }
      #expect(failure?.problem?.problemType == .authenticationRequired)
    }
  }
}

/// The first number that is told.
private final class FirstProgress: Sendable {
  private let first = Mutex<UInt64?>(nil)

  var value: UInt64? { first.withLock { $0 } }

  func note(_ number: UInt64) { first.withLock { $0 = $0 ?? number } }
}
