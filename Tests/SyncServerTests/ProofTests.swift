import Bundler
import Foundation
import SyncClient
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct ProofTests {
  private static let secretText = String(repeating: "07", count: 32)

  /// The server's socket of TCP with a token file of the given secret.
  private func connection(
    _ port: Int,
    in folder: String,
    secret: String = secretText
  ) throws -> ServerConnection {
    let path = folder + "/token-\(UInt64.random(in: 0...(.max))).json"
    let text = #"{"machine":"M","project":"/p","secret":"\#(secret)"}"#
    let isMade = FileManager.default.createFile(
      atPath: path,
      contents: Data(text.utf8),
      attributes: [.posixPermissions: 0o600]
    )
    try #require(isMade)
    let token = try MachineToken(readingFrom: path)
    return ServerConnection(.tcp(ServerAddress(host: "127.0.0.1", port: port)), token: token)
  }

  /// Asks for a challenge and computes the proof for this connection.
  private func proof(_ client: TestClient, _ server: ServerFixture) async throws -> String {
    let challenge = try await client.ask("GET", Route.proof, host: server.host)
      .json(MachineChallenge.self)
    let message = ProofMessage(
      serverID: challenge.serverID,
      serverNonce: challenge.nonce,
      clientNonce: String(repeating: "ab", count: 32),
      serverPort: server.port,
      clientPort: client.localPort
    )
    let code = MessageAuthentication.code(
      for: message.bytes(of: .client),
      key: StubProject.secret
    )
    let proof = MachineProof(nonce: message.clientNonce, code: code)
    return String(decoding: try WireJSON.encode(proof), as: UTF8.self)
  }

  @Test func theRightTokenMakesASameMachineClient() async throws {
    try await ServerFixture.with { server in
      let connection = try connection(server.port, in: server.folder)
      #expect(try await connection.status().project == "Demo")
      #expect(try await connection.reload(ReloadRequest()).outcome == .published)
      #expect(try await connection.saveAll().outcome == .published)
      let session = try await connection.openSession(SessionRequest())
      #expect(session.mode == .development)
      #expect(session.folders != nil)
    }
  }

  @Test func aProvenConnectionMayBecomeAStream() async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let connection = try connection(server.port, in: server.folder)
      struct Seen: Error {}
      await #expect(throws: Seen.self) {
        try await connection.events { event in
          if case .ready = event { throw Seen() }
        }
      }
      let unproven = ServerConnection(connection.endpoint)
      await #expect(throws: ClientError.self) { try await unproven.events { _ in throw Seen() } }
    }
  }

  @Test func theProofHoldsForItsConnectionAlone() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let text = try await proof(client, server)
      let other = try await server.tcp()
      _ = try await other.ask("GET", Route.proof, host: server.host)
      let replayed = try await other.ask("POST", Route.proof, host: server.host, body: text)
      #expect(replayed.problem == .sameMachineOnly)
      #expect(try await client.ask("GET", Route.status, host: server.host).status == 403)
      let first = try await client.ask("POST", Route.proof, host: server.host, body: text)
      #expect(first.status == 200)
      #expect(try await client.ask("GET", Route.status, host: server.host).status == 200)
      #expect(try await server.ask("GET", Route.status).status == 403)
    }
  }

  @Test func aChallengeIsGoodForOneProof() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let text = try await proof(client, server)
      let first = try await client.ask("POST", Route.proof, host: server.host, body: text)
      #expect(first.status == 200)
      let second = try await client.ask("POST", Route.proof, host: server.host, body: text)
      #expect(second.problem == .sameMachineOnly)
      #expect(second.text.contains("not proven"))
    }
  }

  @Test func afterThreeFailuresTheConnectionIsClosed() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let body =
        #"{"nonce":"\#(String(repeating: "ab", count: 32))","code":"\#(ServerFixture.digest)"}"#
      var answers: [TestResponse] = []
      for _ in 0..<3 {
        _ = try await client.ask("GET", Route.proof, host: server.host)
        answers.append(try await client.ask("POST", Route.proof, host: server.host, body: body))
      }
      #expect(Set(answers.map(\.text)).count == 1)
      #expect(answers.allSatisfy { $0.problem == .sameMachineOnly })
      #expect(answers.map { $0["connection"] == "close" } == [false, false, true])
      #expect(try await client.readToEnd().isEmpty)
      #expect(try await server.metric("syncd_proofs_refused_total") == 3)
    }
  }

  @Test func aWrongSecretDoesNotGetThrough() async throws {
    try await ServerFixture.with { server in
      let wrong = String(repeating: "08", count: 32)
      let connection = try connection(server.port, in: server.folder, secret: wrong)
      let error = await #expect(throws: ClientError.self) { try await connection.hello() }
      #expect(error?.problem?.problemType == .sameMachineOnly)
    }
  }

  @Test func aRelayDoesNotGetThrough() async throws {
    try await ServerFixture.with { server in
      let relay = try Relay(to: server.port)
      let client = try connection(relay.port, in: server.folder)
      let error = await #expect(throws: ClientError.self) { try await client.status() }
      // The relay's name is refused for its port; a relay that mends the name fails by the code.
      #expect(error?.problem != nil)
      let mending = try Relay(to: server.port)
      let raw = try await TestClient.tcp(port: mending.port)
      let text = try await proof(raw, server)
      let answer = try await raw.ask("POST", Route.proof, host: server.host, body: text)
      #expect(answer.problem == .sameMachineOnly)
    }
  }

  @Test func anotherAccountWithTheSecretDoesNotGetThrough() async throws {
    try await ServerFixture.with(configure: { $0.ownUser += 1 }) { server in
      let client = try await server.tcp()
      let text = try await proof(client, server)
      let answer = try await client.ask("POST", Route.proof, host: server.host, body: text)
      #expect(answer.problem == .sameMachineOnly)
    }
  }

  @Test(.enabled(if: OtherAccount.isPossible))
  func aRealOtherAccountDoesNotGetThrough() async throws {
    try await ServerFixture.with { server in
      let arguments = ["\(server.port)", Self.secretText, "127.0.0.1"]
      #expect(try await OtherAccount.run(OtherAccount.proof, arguments) == "200 200")
      let rights = ["--reuid", "\(OtherAccount.nobody)", "--clear-groups"]
      let other = try await OtherAccount.run(OtherAccount.proof, arguments, rights: rights)
      #expect(other == "403 403")
    }
  }

  /// The kernel lists the client's socket among those of IPv6, whatever the server's is.
  @Test(
    .enabled(if: OtherAccount.hasPython),
    arguments: [("127.0.0.1", "::ffff:127.0.0.1"), ("::1", "::1")]
  )
  func aSocketOfIPv6IsFoundToo(listening: String, asked: String) async throws {
    let address = ServerAddress(host: listening, port: 0)
    try await ServerFixture.with(configure: { $0.address = address }) { server in
      let arguments = ["\(server.port)", Self.secretText, asked]
      let statuses = try await OtherAccount.run(OtherAccount.proof, arguments)
      #expect(statuses == "200 200")
    }
  }

  @Test func aSquatterIsNoticedAndToldNothingMore() async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func answer(_ body: String) -> String {
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        + "content-length: \(body.utf8.count)\r\n\r\n" + body
    }
    let nonce = String(repeating: "cd", count: 32)
    let squatter = try Relay(answers: [
      answer(#"{"serverID":"stub","nonce":"\#(nonce)"}"#),
      answer(#"{"code":"\#(ServerFixture.digest)"}"#), answer("{}"),
    ])
    let connection = try connection(squatter.port, in: folder)
    let error = await #expect(throws: ClientError.self) {
      try await connection.openSession(SessionRequest(user: "ann", password: "secret"))
    }
    #expect(error?.message.contains("another program has taken the port") == true)
    #expect(squatter.text.components(separatedBy: "HTTP/1.1\r\n").count == 3)
    #expect(!squatter.text.contains(Route.sessions))
    #expect(!squatter.text.contains(Self.secretText))
  }

  @Test(arguments: [0o644, 0o640, 0o660, 0o700])
  func aTokenThatOthersCanReadIsRefused(mode: Int) async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/projectToken.json"
    let text = #"{"machine":"M","project":"/p","secret":"\#(Self.secretText)"}"#
    let isMade = FileManager.default.createFile(
      atPath: path,
      contents: Data(text.utf8),
      attributes: [.posixPermissions: mode]
    )
    try #require(isMade)
    let error = #expect(throws: ClientError.self) { try MachineToken(readingFrom: path) }
    #expect(error?.code == .localFile)
  }
}
