import Foundation
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct SocketGroupTests {
  private static let group: UInt32 = 54_321
  private static let calls = [
    "POST:\(Route.reload)", "GET:\(Route.status)", "POST:\(Route.barriers)", "GET:\(Route.metrics)",
    "GET:\(Route.catalog)",
  ]

  @Test func theSocketIsForItsGroupToo() async throws {
    try await ServerFixture.with(configure: { $0.socketGroup = getegid() }) { server in
      let attributes = try FileManager.default.attributesOfItem(atPath: server.socketPath)
      #expect(attributes[.posixPermissions] as? Int == 0o660)
      #expect(attributes[.groupOwnerAccountID] as? UInt32 == getegid())
      #expect(try await server.askLocally("GET", Route.metrics).status == 200)
    }
  }

  @Test(
    .enabled(if: OtherAccount.isPossible),
    arguments: [
      (["--regid", "54321", "--clear-groups"], "200 200 200 403 401"),
      (["--regid", "65534", "--groups", "7,54321"], "200 200 200 403 401"),
      (["--regid", "65534", "--clear-groups"], "denied denied denied denied denied"),
    ]
  )
  func anotherAccountNeedsTheGroup(groups: [String], statuses: String) async throws {
    try await ServerFixture.with(configure: { $0.socketGroup = Self.group }) { server in
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o711],
        ofItemAtPath: server.folder
      )
      let answer = try await OtherAccount.run(
        OtherAccount.ask,
        [server.socketPath] + Self.calls,
        rights: ["--reuid", "\(OtherAccount.nobody)"] + groups
      )
      #expect(answer == statuses)
    }
  }

  @Test(.enabled(if: OtherAccount.isPossible))
  func withoutAGroupNoOtherAccountComesIn() async throws {
    try await ServerFixture.with { server in
      let files = FileManager.default
      try files.setAttributes([.posixPermissions: 0o711], ofItemAtPath: server.folder)
      // Even where the socket's own rights would let everybody through.
      try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: server.socketPath)
      let answer = try await OtherAccount.run(
        OtherAccount.ask,
        [server.socketPath, "GET:\(Route.hello)"],
        rights: ["--reuid", "\(OtherAccount.nobody)", "--regid", "54321", "--clear-groups"]
      )
      #expect(answer == "403")
    }
  }
}
