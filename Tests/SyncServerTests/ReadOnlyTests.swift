import SyncClient
import SyncProtocol
import Testing

/// What a deployed archive refuses: everything that needs the sources.
@Suite(.timeLimit(.minutes(3))) struct ReadOnlyTests {
  @Test func locksAndSaveAllAndTheDevelopmentModeAreRefused() async throws {
    try await ServerFixture.with { server in
      server.project.deploy()
      let local = ServerConnection(.unixSocket(server.socketPath))
      let session = try await local.openSession(SessionRequest(machineName: "m1", user: "ann"))
      #expect(session.mode == .remote)
      let ann = local.inSession(try #require(session.token))
      let lock = await #expect(throws: ClientError.self) {
        try await ann.lock(LockTarget(.method, name: "Project/Sources/Methods/m.4dm"))
      }
      #expect(lock?.problem?.problemType == .readOnly)
      let save = try await server.askLocally("POST", Route.barriers, body: "{}")
      #expect(save.status == 409)
      #expect(save.problem == .readOnly)
      let develop = try await server.ask(
        "POST",
        Route.sessions,
        body: #"{"development":true}"#
      )
      #expect(develop.status == 403)
      #expect(develop.problem == .developmentModeRefused)
    }
  }
}
