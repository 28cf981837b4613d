import SyncProtocol
import Testing

@Suite(.timeLimit(.minutes(3))) struct ReloadTests {
  @Test(arguments: [
    (nil, ReloadReason.command), ("{}", .command), (#"{"reason":"git-hook","more":1}"#, .gitHook),
    (#"{"reason":"focus","deadlineMs":600000}"#, .focus),
  ])
  func aReloadIsPassedOnWithItsReason(body: String?, reason: ReloadReason) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally("POST", Route.reload, body: body)
      #expect(answer.status == 200)
      #expect(try answer.json(ReloadResult.self).outcome == .published)
      #expect(server.project.reloads == [reason])
    }
  }

  @Test func theSameKeyBringsTheSameResult() async throws {
    try await ServerFixture.with { server in
      let first = try await server.askLocally("POST", Route.reload, ["Idempotency-Key: one"])
      server.project.answerReloads(.unchanged)
      let again = try await server.askLocally("POST", Route.reload, ["Idempotency-Key: one"])
      #expect(again.body == first.body && server.project.reloads.count == 1)
      let other = try await server.askLocally("POST", Route.reload, ["Idempotency-Key: two"])
      #expect(try other.json(ReloadResult.self).outcome == .unchanged)
      // What still goes on has no result to keep.
      server.project.answerReloads(.pending)
      for count in [3, 4] {
        _ = try await server.askLocally("POST", Route.reload, ["Idempotency-Key: three"])
        #expect(server.project.reloads.count == count)
      }
      let long = "Idempotency-Key: " + String(repeating: "k", count: 256)
      #expect(try await server.askLocally("POST", Route.reload, [long]).problem == .badRequest)
    }
  }

  @Test func aReloadThatGoesOnIsAccepted() async throws {
    try await ServerFixture.with { server in
      server.project.answerReloads(.pending)
      let answer = try await server.askLocally("POST", Route.reload)
      #expect(answer.status == 202)
    }
  }

  @Test(arguments: [
    "{", "[]", #"{"reason":"because"}"#, #"{"reason":"startup"}"#, #"{"deadlineMs":0}"#,
    #"{"cause":"\u0007"}"#, #"{"cause":"\#(String(repeating: "c", count: 65))"}"#,
    #"{"deadlineMs":600001}"#, #"{"deadlineMs":"1"}"#, "\u{0}",
  ])
  func aBodyThatSaysSomethingElseIsABadRequest(body: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.askLocally("POST", Route.reload, body: body)
      #expect(answer.problem == .badRequest)
      #expect(server.project.reloads.isEmpty)
    }
  }

  @Test func aCompressedBodyIsABadRequest() async throws {
    try await ServerFixture.with { server in
      let fields = ["Content-Encoding: gzip"]
      let answer = try await server.askLocally("POST", Route.reload, fields, body: "{}")
      #expect(answer.problem == .badRequest)
    }
  }

  @Test func aLargeBodyIsRefusedBeforeItIsRead() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      try await client.send(
        "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n"
      )
      let answer = try await client.response()
      #expect(answer.problem == .tooLarge)
      #expect(answer["connection"] == "close")
    }
  }

  @Test func aLargeBodyOfUnknownLengthIsRefused() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      try await client.send(
        "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      )
      let chunk = "4000\r\n" + String(repeating: " ", count: 0x4000) + "\r\n"
      for _ in 0..<5 { try await client.send(chunk) }
      #expect(try await client.response().problem == .tooLarge)
      #expect(server.project.reloads.isEmpty)
    }
  }

  @Test func aClientThatAsksFirstIsToldToContinue() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      try await client.send(
        "POST \(Route.reload) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
      )
      #expect(try await client.head().status == 100)
      try await client.send("{}")
      #expect(try await client.response().status == 200)
    }
  }
}
