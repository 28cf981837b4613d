import Foundation
import SyncProtocol
import SyncServer
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct WebListenerTests {
  @Test(.enabled(if: Tool.hasPeers)) func offLoopbackItSpeaksTLS() async throws {
    let tls = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: tls) }
    try await Tool.makePair(in: tls)
    let folder = try ServerFixture.temporaryFolder()
    try WebFixture.save("home", "WebFolder/index.html", in: folder)
    try await ServerFixture.with(
      folder: folder,
      configure: { configuration in
        configuration.web = WebConfiguration(
          address: ServerAddress(host: "0.0.0.0", port: 0),
          folder: folder + "/WebFolder",
          name: "Shop"
        )
        configuration.certificates = .files(
          certificate: tls + "/cert.pem",
          key: tls + "/key.pem"
        )
      },
      { server in
        let port = try #require(try await server.server.boundWebAddress()?.port)
        func curl(_ address: String, _ more: String...) async throws -> String {
          try await Tool.run("curl", ["-sS", "--cacert", tls + "/cert.pem", address] + more)
        }
        #expect(try await curl("https://localhost:\(port)/") == "home")
        let session = try await curl("https://localhost:\(port)/_session", "-i")
        #expect(session.contains("SameSite=Lax; Secure"))
        #expect(try await curl("http://localhost:\(port)/").contains("curl: "))
        // The main address stays what it is: loopback, plain, open to everybody.
        #expect(try await server.ask("GET", Route.hello).status == 200)
        #expect(server.server.keyFingerprint == nil)
      }
    )
  }

  @Test func withoutTheOptionThereIsNoListener() async throws {
    try await ServerFixture.with { server in
      let address = try await server.server.boundWebAddress()
      #expect(address == nil)
    }
  }

  @Test func anAddressInUseIsAnError() async throws {
    try await ServerFixture.with { first in
      await #expect(throws: ServerError.self) {
        try await ServerFixture.with(
          configure: { configuration in
            configuration.web = WebConfiguration(
              address: ServerAddress(host: "127.0.0.1", port: first.port),
              folder: "/nowhere",
              name: "Shop"
            )
          },
          { _ in }
        )
      }
    }
  }

  @Test func whatIsUnderWayIsAnsweredBeforeTheEnd() async throws {
    try await WebFixture.with { web in
      let content = Data(repeating: 7, count: 4_000_000)
      try content.write(to: URL(filePath: web.folder + "/WebFolder/large.bin"))
      let client = try await TestClient.tcp(port: web.port, receiveBuffer: 4096)
      try await client.send("GET /large.bin HTTP/1.1\r\nHost: \(web.host)\r\n\r\n")
      let head = try await client.head()
      #expect(head.status == 200)
      await web.server.shutDown()
      #expect(try await client.readToEnd().count == content.count)
      while (try? await TestClient.tcp(port: web.port)) != nil { try Task.checkCancellation() }
    }
  }

  @Test func aSlowRequestIsCut() async throws {
    let folder = try ServerFixture.temporaryFolder()
    try await ServerFixture.with(
      folder: folder,
      configure: { configuration in
        configuration.limits.head = .milliseconds(200)
        configuration.web = WebConfiguration(
          address: ServerAddress(host: "127.0.0.1", port: 0),
          folder: folder,
          name: "Shop"
        )
      },
      { server in
        let port = try #require(try await server.server.boundWebAddress()?.port)
        let client = try await TestClient.tcp(port: port)
        try await client.send("GET / HTTP/1.1\r\nHost: ")
        #expect(try await client.readToEnd().isEmpty)
      }
    )
  }
}
