import ProjectHost
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct EventStreamTests {
  @Test func aStreamBeginsWithReadyAndGoesOnWithNotices() async throws {
    try await ServerFixture.with(generation: 5) { server in
      let client = try await server.tcp()
      let head = try await client.openEvents(host: server.host)
      #expect(head.status == 200)
      #expect(head["content-type"] == "text/event-stream")
      #expect(head["cache-control"] == "no-store")
      #expect(head["x-content-type-options"] == "nosniff")
      let retry = try await client.nextBlock()
      #expect(retry?.retry != nil)
      let first = try await client.nextBlock()
      guard case .ready(let ready) = first?.event else {
        Issue.record("ready does not come first")
        return
      }
      #expect(ready.generation?.gen == 5)
      #expect(ready.state == .serving)
      try await server.project.publish(6)
      let second = try await client.nextEvent()
      guard case .reconnectRequired(let notice) = second?.event else {
        Issue.record("no notice follows")
        return
      }
      #expect(notice.gen == 6)
      #expect(second?.id?.generation == GenerationID(epoch: StubProject.epoch, gen: 6))
    }
  }

  @Test func theUnixSocketHasTheSameStream() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      #expect(try await client.openEvents(host: "any").status == 200)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      try await server.project.publish(2)
      #expect(try await client.nextEvent()?.event?.name == "reconnect-required")
    }
  }

  @Test func aClientThatCameBeforeTheFirstGenerationHearsOfIt() async throws {
    try await ServerFixture.with(generation: nil) { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host)
      guard case .ready(let loading) = try await client.nextEvent()?.event,
        case .some(()) = try await server.project.publish(1) as Void?,
        case .ready(let serving) = try await client.nextEvent()?.event
      else {
        Issue.record("ready does not come twice")
        return
      }
      #expect(loading.state == .loading)
      #expect(serving.generation?.gen == 1)
    }
  }

  @Test func readyHoldsEverythingThatWasSentBefore() async throws {
    try await ServerFixture.with { server in
      await server.project.events.post(.build(BuildState(state: .degraded, problems: [])))
      let witness = try await server.tcp()
      _ = try await witness.openEvents(host: server.host)
      while case .ready(let ready) = try await witness.nextEvent()?.event {
        if ready.state == .degraded { break }
        try await server.project.publish(2)
      }
    }
  }

  @Test(arguments: [
    ("abc:2:0", nil), ("abc:1:0", nil), ("abc:9:0", "unknown-position"),
    ("abc:1:99999999", "unknown-position"),
    ("def:1:0", "epoch-changed"), ("what?", "unknown-position"), ("", nil),
  ])
  func aPositionIsResumedOrReset(position: String, why: String?) async throws {
    try await ServerFixture.with(generation: 2) { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host, ["Last-Event-ID: \(position)"])
      #expect(try await client.nextEvent()?.event?.name == "ready")
      if let why {
        #expect(try await client.nextEvent()?.event == .reset(Reset(why: why)))
      }
      try await server.project.publish(3)
      #expect(try await client.nextEvent()?.event?.name == "reconnect-required")
    }
  }

  @Test func aBrokenEscapeIsNoPosition() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(path: "\(Route.events)?since=%zz", host: server.host)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      #expect(try await client.nextEvent()?.event == .reset(Reset(why: "unknown-position")))
    }
  }

  /// On a stream, which is behind for a while, and for one who asks again and again.
  @Test func topicsLeaveOutTheRest() async throws {
    try await ServerFixture.with { server in
      let path = "\(Route.events)?topics=catalog,message"
      let client = try await server.tcp()
      _ = try await client.openEvents(path: path, host: server.host)
      let ready = try #require(try await client.nextEvent())
      #expect(ready.event?.name == "ready")
      let poll = try await server.tcp()
      try await poll.send(
        "GET \(path)&wait=60000&since=\(try #require(ready.id)) HTTP/1.1\r\nHost: \(server.host)\r\n"
          + "Accept: application/json\r\n\r\n"
      )
      try await server.project.publish(2)
      await server.project.events.post(.build(BuildState(state: .degraded, problems: [])))
      let change = RevisionChange(revision: "c2", since: "c1", changed: nil)
      await server.project.events.post(.directory(change))
      await server.project.events.post(.catalog(change))
      #expect(try await client.nextEvent()?.event == .catalog(change))
      let asked = try await poll.response().text
      #expect(asked.contains(#""event":"catalog""#) && !asked.contains("reconnect"), "\(asked)")
      await server.project.events.post(.drain(Drain(reason: "r", reconnectAfterMs: 1, spreadMs: 2)))
      #expect(try await client.nextEvent()?.event?.name == "drain")
      for accept in ["text/event-stream", "application/json"] {
        let fields = ["Accept: \(accept)"]
        for query in ["topics=news", "topics=", "topics=build&topics=catalog"] {
          let refused = try await server.ask("GET", "\(Route.events)?\(query)", fields)
          #expect(refused.problem == .badRequest, "\(query) \(accept)")
        }
      }
    }
  }

  @Test func aForeignEpochIsToldAsSoonAsTheOwnOneIsKnown() async throws {
    try await ServerFixture.with(generation: nil) { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host, ["Last-Event-ID: def:1:1"])
      #expect(try await client.nextEvent()?.event?.name == "ready")
      try await server.project.publish(1)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      #expect(try await client.nextEvent()?.event == .reset(Reset(why: "epoch-changed")))
    }
  }

  @Test func bookmarksKeepTheStreamAlive() async throws {
    let fast: (inout ServerConfiguration) -> Void = { $0.heartbeat = .milliseconds(20) }
    try await ServerFixture.with(generation: 3, configure: fast) { server in
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host)
      _ = try await client.nextEvent()
      for _ in 0..<3 {
        let block = try await client.nextBlock()
        #expect(block?.event == .bookmark)
        #expect(block?.id?.generation.gen == 3)
      }
    }
  }

  @Test(arguments: [
    ("text/event-stream", 200), ("*/*", 200), ("text/*;q=0.1", 200),
    ("application/json, text/event-stream;q=0.5", 200), ("application/json", 200),
    ("text/event-stream;q=0", 406), ("text/html, */*;q=0.0", 406),
  ])
  func theAcceptFieldCounts(accept: String, status: Int) async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      #expect(
        try await client.openEvents(host: server.host, ["Accept: \(accept)"]).status == status
      )
    }
  }

  @Test func aConnectionThatHasAskedOtherThingsCanBecomeAStream() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      #expect(try await client.ask("GET", Route.hello, host: server.host).status == 200)
      #expect(try await client.openEvents(host: server.host).status == 200)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      try await server.project.publish(2)
      #expect(try await client.nextEvent()?.event?.name == "reconnect-required")
      // Whatever follows on the connection is not a request any more.
      try await client.send("GET \(Route.hello) HTTP/1.1\r\nHost: \(server.host)\r\n\r\n")
      try await server.project.publish(3)
      #expect(try await client.nextEvent()?.event?.name == "reconnect-required")
    }
  }

  @Test func closedAndHalfClosedClientsAreForgotten() async throws {
    try await ServerFixture.with { server in
      var clients: [TestClient] = []
      for _ in 0..<10 {
        let client = try await server.tcp()
        _ = try await client.openEvents(host: server.host)
        clients.append(client)
      }
      try await server.untilStatus { $0.clients == 10 }
      for client in clients.prefix(5) { client.finishSending() }
      try await server.untilStatus { $0.clients == 5 }
      clients = []
      try await server.untilStatus { $0.clients == 0 }
    }
  }
}
