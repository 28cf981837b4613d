import Foundation
import ProjectHost
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct LongPollTests {
  private struct Answer: Decodable {
    struct Event: Decodable {
      let id: String
      let event: String
    }

    let events: [Event]
    var names: [String] { events.map(\.event) }
  }

  private func poll(
    _ server: ServerFixture,
    since: String? = nil,
    wait: Int = 60_000
  ) async throws -> Answer {
    let query = "?wait=\(wait)" + (since.map { "&since=\($0)" } ?? "")
    let answer = try await server.ask(
      "GET",
      Route.events + query,
      ["Accept: application/json"]
    )
    #expect(answer.status == 200, "\(answer.text)")
    return try answer.json(Answer.self)
  }

  @Test func aFirstAnswerIsTheStateAndTheNextWaitsForNews() async throws {
    try await ServerFixture.with { server in
      let first = try await poll(server)
      #expect(first.names == ["ready"])
      let position = try #require(first.events.last?.id)
      async let second = poll(server, since: position)
      try await server.project.publish(2)
      let names = try await second.names
      #expect(names == ["reconnect-required"])
    }
  }

  @Test func whoWasAwayGetsTheNewestOfEachTopic() async throws {
    try await ServerFixture.with { server in
      let position = try #require(try await poll(server).events.last?.id)
      for number in 2...5 { try await server.project.publish(UInt64(number)) }
      await server.project.events.post(.build(BuildState(state: .degraded, problems: [])))
      var seen: [String] = []
      var last = position
      while !seen.contains("build") {
        let news = try await poll(server, since: last)
        seen += news.names
        last = try #require(news.events.last?.id)
      }
      #expect(seen.last == "build")
      let missed = try await poll(server, since: position)
      #expect(missed.names == ["reconnect-required", "build"])
      #expect(missed.events.first?.id.hasPrefix("abc:5:") == true)
    }
  }

  @Test func withoutNewsABookmarkComesAtTheDeadline() async throws {
    try await ServerFixture.with { server in
      let position = try #require(try await poll(server).events.last?.id)
      let answer = try await poll(server, since: position, wait: 10)
      #expect(answer.names == ["bookmark"])
      #expect(answer.events.first?.id == position)
    }
  }

  @Test(arguments: [
    ("def:1:0", ["ready", "reset"]), ("abc:9:0", ["ready", "reset"]), ("what", ["ready", "reset"]),
    ("abc:1:99999999", ["ready", "reset"]), ("%zz", ["ready", "reset"]),
  ])
  func aPositionThatCannotBeResumedGetsTheState(position: String, names: [String]) async throws {
    try await ServerFixture.with { server in
      let answer = try await poll(server, since: position)
      #expect(answer.names == names)
    }
  }

  @Test(arguments: [
    "wait=x", "wait=-1", "wait=60001", "wait=%2B1", "wait=1&wait=2", "since=a&since=b",
  ])
  func aWaitOutOfBoundsIsRefused(query: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("GET", "/v1/events?" + query, ["Accept: application/json"])
      #expect(answer.status == 400)
    }
  }

  @Test func theFieldThatBrowsersRepeatWins() async throws {
    try await ServerFixture.with { server in
      let position = try #require(try await poll(server).events.last?.id)
      let answer = try await server.ask(
        "GET",
        "\(Route.events)?wait=10&since=unreadable",
        ["Accept: application/json", "Last-Event-ID: \(position)"]
      )
      #expect(try answer.json(Answer.self).names == ["bookmark"])
    }
  }

  @Test func aShutdownTellsThoseWhoWait() async throws {
    try await ServerFixture.with { server in
      let position = try #require(try await poll(server).events.last?.id)
      let client = try await server.tcp()
      try await client.send(
        "GET /v1/events?since=\(position)&wait=60000 HTTP/1.1\r\nHost: \(server.host)\r\n"
          + "Accept: application/json\r\n\r\n"
      )
      try await server.untilHeard(by: 1)
      await server.shutDown()
      let answer = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      // Whether it waited already or only asked: the last word is that the server goes.
      #expect(answer.contains(#""event":"drain""#), "\(answer)")
    }
  }
}
