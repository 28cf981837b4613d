import SyncClient
import Testing

@Suite struct EventStreamParserTests {
  private func messages(_ text: String, pieces: Int) throws -> [EventStreamParser.Message] {
    var parser = EventStreamParser()
    var found: [EventStreamParser.Message] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      found += try parser.feed(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    return found
  }

  @Test(arguments: [1, 2, 3, 1_000])
  func readsMessagesInPiecesOfAnySize(_ pieces: Int) throws {
    let text =
      "retry: 500\n\n: hello\r\nid: 1:2:3\r\nevent: ready\r\ndata: {\r\ndata:}\r\n\r\nid: 4\ndata: x\n\n"
    let found = try messages(text, pieces: pieces)
    #expect(found.map(\.event) == ["ready", "message"])
    #expect(found.map { String(decoding: $0.data, as: UTF8.self) } == ["{\n}", "x"])
    #expect(found.map(\.id) == ["1:2:3", "4"])
  }

  @Test func anUnfinishedMessageIsNotDelivered() throws {
    #expect(try messages("event: a\ndata: b\n", pieces: 5) == [])
  }

  @Test func aLineWithoutEndIsRefused() {
    var parser = EventStreamParser()
    #expect(throws: ClientError.self) {
      _ = try parser.feed([UInt8](repeating: 0x61, count: EventStreamParser.longestLine + 1))
    }
  }
}
