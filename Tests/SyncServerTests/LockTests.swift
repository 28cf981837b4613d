import SyncClient
import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct LockTests {
  @Test func aLockIsItsSessionsUntilItEnds() async throws {
    try await ServerFixture.with { server in
      let local = ServerConnection(.unixSocket(server.socketPath))
      let first = try await local.openSession(SessionRequest(machineName: "m1", user: "ann"))
      let second = try await local.openSession(SessionRequest(machineName: "m2", user: "bob"))
      let ann = local.inSession(try #require(first.token))
      let bob = local.inSession(try #require(second.token))
      let target = LockTarget(.method, name: "Project/Sources/Methods/m.4dm")
      let lock = try await ann.lock(target)
      #expect(lock.owner == LockOwner(session: first.id, userName: "ann", machineName: "m1"))
      #expect(try await bob.locks().locks == [lock])
      let refused = await #expect(throws: ClientError.self) { try await bob.lock(target) }
      #expect(refused?.problem?.problemType == .locked)
      #expect(refused?.problem?.lock == lock)
      await #expect(throws: ClientError.self) { try await bob.unlock(lock) }
      try await ann.unlock(lock)
      _ = try await ann.lock(target)
      try await ann.closeSession()
      #expect(try await bob.lock(target).owner.userName == "bob")
    }
  }

  @Test func aLockAnswersWithItsPlace() async throws {
    try await ServerFixture.with { server in
      let fields = try server.bearer(try await server.askLocally("POST", Route.sessions))
      let body = #"{"kind":"settings"}"#
      let answer = try await server.askLocally("POST", Route.locks, fields, body: body)
      #expect(answer.status == 201)
      #expect(answer["location"] == "\(Route.locks)/l1")
      let again = try await server.askLocally("POST", Route.locks, fields, body: body)
      #expect(again.status == 423)
      let odd = try await server.askLocally("POST", Route.locks, fields, body: #"{"kind":"x"}"#)
      #expect(odd.problem == .badRequest)
    }
  }
}
