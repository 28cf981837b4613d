import Foundation
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct WebSocketTests {
  private func open(_ server: ServerFixture) async throws -> TestClient {
    let client = try await server.tcp()
    let head = try await client.openWebSocket(host: server.host)
    #expect(head.status == 101)
    #expect(head["sec-websocket-accept"] == TestClient.accept)
    #expect(head["upgrade"] == "websocket")
    #expect(try await client.nextFrame().event == "ready")
    return client
  }

  @Test func itCarriesTheMessagesOfTheStream() async throws {
    try await ServerFixture.with(generation: 5) { server in
      let socket = try await open(server)
      try await server.project.publish(6)
      let frame = try await socket.nextFrame()
      #expect(frame.opcode == 0x81)
      #expect(frame.event == "reconnect-required")
      #expect(frame.id?.hasPrefix("abc:6:") == true)
      let stream = try await server.tcp()
      _ = try await stream.openEvents(host: server.host)
      try await server.project.publish(7)
      let one = try await socket.nextFrame()
      while let event = try await stream.nextEvent() {
        guard case .reconnectRequired(let notice) = event.event else { continue }
        let object = try JSONSerialization.jsonObject(with: Data(one.payload)) as? [String: Any]
        let data = try JSONSerialization.data(withJSONObject: object?["data"] ?? [:])
        #expect(try WireJSON.decode(ReconnectRequired.self, from: data) == notice)
        #expect(one.id == event.id?.description)
        break
      }
    }
  }

  @Test func theUnixSocketHasItToo() async throws {
    try await ServerFixture.with { server in
      let client = try await server.unix()
      #expect(try await client.openWebSocket(host: "any").status == 101)
      #expect(try await client.nextFrame().event == "ready")
    }
  }

  @Test func aPositionInTheQueryIsResumedOrReset() async throws {
    try await ServerFixture.with { server in
      let client = try await server.tcp()
      let path = Route.events + "?since=def:1:1"
      _ = try await client.openWebSocket(host: server.host, path: path)
      #expect(try await client.nextFrame().event == "ready")
      #expect(try await client.nextFrame().event == "reset")
    }
  }

  @Test func pingsAreAnsweredAndMessagesThrownAway() async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      try await socket.sendFrame(0x81, Array("hello".utf8))
      try await socket.sendFrame(0x02, [1, 2])
      try await socket.sendFrame(0x89, [7, 8, 9])
      #expect(try await socket.nextFrame(0x8A).payload == [7, 8, 9])
      try await socket.sendFrame(0x80, [3])
      try await socket.sendFrame(0x8A)
      try await socket.sendFrame(0x89)
      #expect(try await socket.nextFrame(0x8A).payload == [])
      try await server.project.publish(2)
      #expect(try await socket.nextFrame(0x81).event == "reconnect-required")
    }
  }

  @Test(arguments: [
    ([], 1000), ([0x03, 0xE8], 1000), ([0x03, 0xE9, 0x62, 0x79, 0x65], 1001), ([0x0F, 0xA0], 4000),
    // One byte, codes that nobody may send, a reason that is no UTF-8.
    ([0x03], 1002), ([0x03, 0xED], 1002), ([0x00, 0x01], 1002), ([0x03, 0xE8, 0xFF], 1002),
  ])
  func aCloseIsAnsweredWithItsStatus(payload: [UInt8], status: Int) async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      try await socket.sendFrame(0x88, payload)
      #expect(try await socket.nextFrame(0x88).status == status)
      #expect(try await socket.readToEnd() == [])
    }
  }

  @Test(arguments: [
    ("unmasked", 0x81, 3, false), ("reserved bit", 0xC1, 3, true),
    ("reserved opcode", 0x83, 3, true),
    ("reserved control opcode", 0x8B, 3, true), ("lone continuation", 0x80, 3, true),
    ("fragmented ping", 0x09, 3, true), ("long ping", 0x89, 126, true),
  ])
  func whatTheProtocolForbidsEndsIt(_ case: String, first: Int, count: Int, isMasked: Bool)
    async throws
  {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      let payload = [UInt8](repeating: 0x61, count: count)
      try await socket.sendFrame(UInt8(first), payload, isMasked: isMasked)
      #expect(try await socket.nextFrame(0x88).status == 1002)
      #expect(try await socket.readToEnd() == [])
    }
  }

  @Test func aNewMessageInsideOfAnotherEndsIt() async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      try await socket.sendFrame(0x01, [0x61])
      try await socket.sendFrame(0x81, [0x61])
      #expect(try await socket.nextFrame(0x88).status == 1002)
    }
  }

  @Test(arguments: [
    // A byte of nothing, the end of a character alone, too long a form, a surrogate, above the last.
    [[0xFF]], [[0x80]], [[0xC0, 0xAF]], [[0xED, 0xA0, 0x80]], [[0xF4, 0x90, 0x80, 0x80]],
    // Over two frames: not continued, continued wrongly, impossible before it is whole, cut off.
    [[0x61, 0xE2], [0x61]], [[0xE2, 0x82], [0x28]], [[0xF4, 0x90], [0x80, 0x80]],
    [[0x61], [0xE2, 0x82]],
  ])
  func textThatIsNoUTF8EndsIt(pieces: [[UInt8]]) async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      for (index, piece) in pieces.enumerated() {
        let isLast: UInt8 = index == pieces.count - 1 ? 0x80 : 0
        try await socket.sendFrame(isLast | (index == 0 ? 1 : 0), piece)
      }
      #expect(try await socket.nextFrame(0x88).status == 1007)
    }
  }

  @Test func textMayBeCutInsideOfACharacter() async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      let bytes = Array("é€😀\u{10FFFF}".utf8)
      for (index, byte) in bytes.enumerated() {
        let isLast: UInt8 = index == bytes.count - 1 ? 0x80 : 0
        try await socket.sendFrame(isLast | (index == 0 ? 1 : 0), [byte])
      }
      // Of a binary message anything goes.
      try await socket.sendFrame(0x82, [0xFF])
      try await socket.sendFrame(0x89, [1])
      #expect(try await socket.nextFrame(0x8A).payload == [1])
    }
  }

  @Test func aFrameThatIsTooLongEndsIt() async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      try await socket.sendFrame(0x82, [UInt8](repeating: 0, count: 20_000))
      #expect(try await socket.nextFrame(0x88).status == 1009)
    }
  }

  @Test func aRequestThatCannotBeUpgradedIsRefused() async throws {
    try await ServerFixture.with { server in
      let old = try await server.tcp().openWebSocket(host: server.host, version: "8")
      #expect(old.status == 426)
      #expect(old["sec-websocket-version"] == "13")
      #expect(try await server.tcp().openWebSocket(host: server.host, key: nil).status == 400)
      #expect(try await server.tcp().openWebSocket(host: server.host, key: "abc").status == 400)
      let foreign = try await server.tcp().openWebSocket(
        host: server.host,
        ["Origin: http://evil.example"]
      )
      #expect(foreign.status == 403)
    }
  }

  @Test func aShutdownSaysGoingAway() async throws {
    try await ServerFixture.with { server in
      let socket = try await open(server)
      await server.shutDown()
      #expect(try await socket.nextFrame().event == "drain")
      #expect(try await socket.nextFrame().status == 1001)
      #expect(try await socket.readToEnd() == [])
    }
  }
}
