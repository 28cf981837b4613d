import Foundation
import SyncClient
import SyncProtocol
import SyncServer
import Synchronization
import TestPrograms
import Testing

/// Our own client against our own server: authorities, pins, and what breaks them.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Tool.hasPeers)) struct TrustTests {
  /// The keys that a client said it has pinned.
  private final class Pinned: Sendable {
    private let keys = Mutex<[String]>([])
    var all: [String] { keys.withLock { $0 } }
    func add(_ key: String) { keys.withLock { $0.append(key) } }
  }

  private func connection(
    _ server: ServerFixture,
    host: String = "127.0.0.1",
    pins: String,
    authorities: String? = nil,
    accepting: String? = nil,
    _ pinned: Pinned = Pinned()
  ) -> ServerConnection {
    var trust = ServerTrust(knownServers: KnownServers(path: pins))
    trust.isForced = true
    trust.authorities = authorities
    trust.acceptedKey = accepting
    trust.pinned = { pinned.add($1) }
    return ServerConnection(.tcp(ServerAddress(host: host, port: server.port)), trust: trust)
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try ServerFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func aKeyIsPinnedOnceAndToldOnce() async throws {
    try await withFolder { folder in
      try await TLSTests.serve { server in
        let pinned = Pinned()
        let pins = folder + "/deep/known-servers.json"
        for _ in 0..<3 {
          #expect(try await connection(server, pins: pins, pinned).hello().project == "Demo")
        }
        #expect(pinned.all == [server.server.keyFingerprint])
        let found = try FileManager.default.attributesOfItem(atPath: pins)
        #expect(found[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/deep").count == 2)
      }
    }
  }

  @Test func aPinnedKeyCountsWhateverNamesItsCertificateHas() async throws {
    try await withFolder { folder in
      try await Tool.makePair(in: folder, names: "DNS:books.example.org")
      let files = CertificateSource.files(
        certificate: folder + "/cert.pem",
        key: folder + "/key.pem"
      )
      try await TLSTests.serve({ $0.certificates = files }) { server in
        for _ in 0..<2 {
          let hello = try await connection(server, pins: folder + "/pins").hello()
          #expect(hello.project == "Demo")
        }
      }
    }
  }

  @Test func eventsComeOverAPinnedConnection() async throws {
    try await withFolder { folder in
      try await TLSTests.serve { server in
        struct Seen: Error {}
        let connection = connection(server, pins: folder + "/pins")
        await #expect(throws: Seen.self) {
          try await connection.events { event in
            if case .ready = event { throw Seen() }
          }
        }
      }
    }
  }

  @Test func anotherKeyIsRefusedWithBothFingerprintsUntilItIsAccepted() async throws {
    try await withFolder { folder in
      let pins = folder + "/pins"
      let source = CertificateSource.files(
        certificate: folder + "/cert.pem",
        key: folder + "/key.pem"
      )
      try await Tool.makePair(in: folder)
      try await TLSTests.serve({
        $0.certificates = source
        $0.certificateInterval = .milliseconds(20)
      }) { server in
        let old = try #require(server.server.keyFingerprint)
        _ = try await connection(server, pins: pins).hello()
        try await Tool.makePair(in: folder)
        let limit = ContinuousClock().now.advanced(by: .seconds(60))
        while server.server.keyFingerprint == old, ContinuousClock().now < limit {
          await Task.yield()
        }
        let new = try #require(server.server.keyFingerprint)
        let error = await #expect(throws: ClientError.self) {
          try await connection(server, pins: pins).hello()
        }
        #expect(error?.code == .untrusted)
        for text in [old, new, "--accept-key"] {
          #expect(error?.message.contains(text) == true)
        }
        let wrong = connection(server, pins: pins, accepting: String(repeating: "0", count: 64))
        await #expect(throws: ClientError.self) { try await wrong.hello() }
        _ = try await connection(server, pins: pins, accepting: new).hello()
        _ = try await connection(server, pins: pins).hello()
      }
    }
  }

  @Test func aRenewedCertificateOfAPinnedKeyGoesThrough() async throws {
    try await withFolder { folder in
      let pinned = Pinned()
      for _ in 0..<2 {
        try await TLSTests.serve({ $0.certificates = TLSTests.pair(in: folder) }) { server in
          // Another port each time: pinned under one name.
          let trusting = connection(server, pins: folder + "/pins", pinned)
          _ = try await trusting.hello()
          let key = try #require(server.server.keyFingerprint)
          let servers = KnownServers(path: folder + "/pins")
          let address = ServerAddress(host: "127.0.0.1", port: server.port)
          #expect(try servers.fingerprint(of: address) == key)
        }
        try FileManager.default.removeItem(atPath: folder + "/tls-cert.pem")
      }
      #expect(Set(pinned.all).count == 1)
    }
  }

  @Test func whatTheAuthoritiesVouchForIsNotPinned() async throws {
    try await withFolder { folder in
      try await Tool.makePair(in: folder)
      let source = CertificateSource.files(
        certificate: folder + "/cert.pem",
        key: folder + "/key.pem"
      )
      try await TLSTests.serve({ $0.certificates = source }) { server in
        let pins = folder + "/pins"
        for host in ["127.0.0.1", "localhost"] {
          let trusting = connection(
            server,
            host: host,
            pins: pins,
            authorities: folder + "/cert.pem"
          )
          _ = try await trusting.hello()
        }
        #expect(!FileManager.default.fileExists(atPath: pins))
      }
      // The chain is good, the name is another one's: no authority vouches for this host.
      try await Tool.makePair(in: folder, names: "DNS:elsewhere.example")
      try await TLSTests.serve({ $0.certificates = source }) { server in
        var trust = ServerTrust()
        trust.isForced = true
        trust.authorities = folder + "/cert.pem"
        let address = ServerAddress(host: "localhost", port: server.port)
        let error = await #expect(throws: ClientError.self) {
          try await ServerConnection(.tcp(address), trust: trust).hello()
        }
        #expect(error?.code == .untrusted)
      }
    }
  }

  @Test func aPlainServerIsToldFromATLSOne() async throws {
    try await withFolder { folder in
      try await ServerFixture.with { server in
        let error = await #expect(throws: ClientError.self) {
          try await connection(server, pins: folder + "/pins").hello()
        }
        #expect(error?.code == .connection)
        #expect(error?.message.contains("does not speak TLS") == true)
      }
    }
  }

  @Test func pinsThatCannotBeReadOrKeptLetNobodyIn() async throws {
    try await withFolder { folder in
      try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/pins"))
      try await TLSTests.serve { server in
        for pins in [folder + "/pins", "/proc/none/pins"] {
          let error = await #expect(throws: ClientError.self) {
            try await connection(server, pins: pins).hello()
          }
          #expect(error?.code == .localFile)
        }
      }
    }
  }

  @Test func opensslAsTheWrongServerIsNoticed() async throws {
    try await withFolder { folder in
      try await Tool.makePair(in: folder)
      let arguments = [
        "s_server", "-accept", "127.0.0.1:0", "-cert", folder + "/cert.pem",
        "-key", folder + "/key.pem", "-www",
      ]
      let process = try RunningProgram("/usr/bin/openssl", arguments)
      defer { process.send(SIGTERM) }
      let line = try #require(await process.line(containing: "ACCEPT 127.0.0.1:"))
      let port = try #require(line.split(separator: ":").last.flatMap { Int($0) })
      let address = ServerAddress(host: "127.0.0.1", port: port)
      let servers = KnownServers(path: folder + "/pins")
      _ = try servers.judge(String(repeating: "a", count: 64), of: address, accepting: nil)
      var trust = ServerTrust(knownServers: servers)
      trust.isForced = true
      let changed = await #expect(throws: ClientError.self) {
        try await ServerConnection(.tcp(address), trust: trust).hello()
      }
      #expect(changed?.code == .untrusted)
      trust.knownServers = KnownServers(path: folder + "/fresh")
      let error = await #expect(throws: ClientError.self) {
        try await ServerConnection(.tcp(address), trust: trust).hello()
      }
      // Its key is pinned, and what it says is no syncd.
      #expect(error?.code == .connection)
      #expect(error?.message.contains("does not answer as a syncd server") == true)
    }
  }
}
