import Bundler
import Foundation
import SyncClient
import SyncProtocol
import Testing

struct KnownServersTests {
  private static let address = ServerAddress(host: "10.0.0.1", port: 1)

  private func withServers(_ body: (KnownServers) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "/syncd-pins-\(UInt64.random(in: 0...(.max)))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(KnownServers(path: folder + "/known-servers.json"))
  }

  @Test func theFirstKeyIsPinnedAndAnotherOneTakesItsPlaceOnlyByName() async throws {
    try await withServers { (servers: KnownServers) async throws in
      let address = Self.address
      #expect(try servers.fingerprint(of: address) == nil)
      #expect(try servers.judge("one", of: address, accepting: "two") == .changed(from: "two"))
      #expect(try servers.fingerprint(of: address) == nil)
      #expect(try servers.judge("one", of: address, accepting: nil) == .pinned)
      #expect(try servers.judge("one", of: address, accepting: nil) == .known)
      #expect(try servers.judge("two", of: address, accepting: nil) == .changed(from: "one"))
      #expect(try servers.judge("two", of: address, accepting: "three") == .changed(from: "one"))
      #expect(try servers.fingerprint(of: address) == "one")
      #expect(try servers.judge("two", of: address, accepting: "two") == .pinned)
      #expect(try servers.fingerprint(of: address) == "two")
    }
  }

  @Test func aServerIsItsHostInAnyCaseAndItsPort() async throws {
    try await withServers { (servers: KnownServers) async throws in
      let upper = ServerAddress(host: "Team.Example", port: 1)
      #expect(try servers.judge("one", of: upper, accepting: nil) == .pinned)
      let lower = ServerAddress(host: "team.example", port: 1)
      #expect(try servers.fingerprint(of: lower) == "one")
      let other = ServerAddress(host: "team.example", port: 2)
      #expect(try servers.fingerprint(of: other) == nil)
    }
  }

  @Test func clientsOfOneAccountPinSideBySide() async throws {
    try await withServers { (servers: KnownServers) async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for port in 1...40 {
          group.addTask {
            let address = ServerAddress(host: "10.0.0.1", port: port)
            let verdict = try servers.judge("key\(port)", of: address, accepting: nil)
            #expect(verdict == .pinned)
          }
        }
        try await group.waitForAll()
      }
      for port in 1...40 {
        let address = ServerAddress(host: "10.0.0.1", port: port)
        #expect(try servers.fingerprint(of: address) == "key\(port)")
      }
    }
  }

  @Test(arguments: ["", "{", "[]", "\u{0}"])
  func aDamagedFileIsAnErrorAndStaysAsItIs(content: String) async throws {
    try await withServers { (servers: KnownServers) async throws in
      _ = try servers.judge("one", of: Self.address, accepting: nil)
      try Data(content.utf8).write(to: URL(filePath: servers.path))
      let error = #expect(throws: ClientError.self) {
        try servers.judge("one", of: Self.address, accepting: nil)
      }
      #expect(error?.code == .localFile)
      #expect(try Data(contentsOf: URL(filePath: servers.path)) == Data(content.utf8))
    }
  }

  @Test func aLeftoverOfACrashIsNoHindrance() async throws {
    try await withServers { (servers: KnownServers) async throws in
      _ = try servers.judge("one", of: Self.address, accepting: nil)
      try Data("half".utf8).write(to: URL(filePath: SmallFile.unfinished(servers.path)))
      let other = ServerAddress(host: "b", port: 1)
      #expect(try servers.judge("two", of: other, accepting: nil) == .pinned)
      #expect(try servers.fingerprint(of: Self.address) == "one")
    }
  }
}
