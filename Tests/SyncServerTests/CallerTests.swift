import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct CallerTests {
  @Test(arguments: [
    ("GET", Route.hello, true), ("GET", Route.currentGeneration, true),
    ("GET", "\(Route.generations)/abc:1", true),
    ("GET", "\(Route.manifests)/\(ServerFixture.digest)", true),
    ("GET", "\(Route.bundles)/\(ServerFixture.digest)", true),
    ("POST", Route.reload, false), ("GET", Route.status, false), ("GET", Route.live, false),
    ("GET", Route.ready, false), ("GET", Route.metrics, false), ("HEAD", Route.status, false),
  ])
  func loopbackAloneProvesNothing(method: String, path: String, isOpen: Bool) async throws {
    try await ServerFixture.with { server in
      let remote = try await server.ask(method, path)
      #expect(remote.status == (isOpen ? 200 : 403))
      if !isOpen, method != "HEAD" { #expect(remote.problem == .sameMachineOnly) }
      #expect(try await server.askLocally(method, path).status == 200)
    }
  }

  @Test(arguments: [Route.hello, Route.status, Route.events])
  func anotherAccountOnTheSocketIsRefused(path: String) async throws {
    try await ServerFixture.with(configure: { $0.ownUser += 1 }) { server in
      let answer = try await server.askLocally("GET", path)
      #expect(answer.problem == .sameMachineOnly)
    }
  }

  @Test func theSocketTakesAnyHost() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      #expect(try await client.ask("GET", Route.hello, host: "a.b.example:1").status == 200)
      let bare = "GET \(Route.hello) HTTP/1.1\r\n\r\n"
      try await client.send(bare)
      #expect(try await client.response().status == 200)
    }
  }
}
