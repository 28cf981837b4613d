import Foundation
import ProjectModel
import SyncProtocol
import Testing

@Suite struct MessagesTests {
  @Test(arguments: [
    ((1, 1), (1, 1), nil), ((1, 3), (3, 9), nil), ((1, 3), (1, 1), nil),
    (
      (2, 3), (1, 1),
      "speaks versions 2 to 3 of the API, and this client version 1: use a newer client."
    ),
    (
      (1, 1), (2, 3),
      "speaks version 1 of the API, and this client versions 2 to 3: use a newer server."
    ),
  ])
  func versionsWithoutOneInCommonAreRefused(server: (Int, Int), client: (Int, Int), why: String?) {
    let range = Hello.APIRange(min: server.0, max: server.1)
    #expect(range.refusal(of: .init(min: client.0, max: client.1)) == why)
  }

  @Test(arguments: [
    (#"{"lifespan":1.5}"#, "a number is not whole"),
    (#"{"lifespan":1e30}"#, "a number is not whole"),
    (#"{"lifespan":10000000000000000000}"#, "a number is not whole"),
    (#"{"lifespan":"1"}"#, "lifespan has another type"), ("", "this is no JSON: it is empty"),
    ("{", "this is no JSON: the text ends where"),
    ("{\"lifespan\":}", "this is no JSON: '}' stands"),
  ])
  func aTextThatDoesNotFitIsToldApartFromWhatIsNoJSON(text: String, says: String) throws {
    let error = #expect(throws: DecodingError.self) {
      try WireJSON.decode(PasscodeRequest.self, from: Array(text.utf8))
    }
    let sentence = try #require(error).sentence(on: text.utf8)
    #expect(sentence.hasPrefix(says), "\(sentence)")
  }

  private func record() throws -> GenerationRecord {
    GenerationRecord(
      id: GenerationID(epoch: 0xBEEF, gen: 7),
      digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
      size: 1,
      members: 2,
      reason: .gitHook,
      changed: 2,
      builtAt: "2026-01-01T00:00:00.000Z"
    )
  }

  @Test func aGenerationIsWrittenWithItsEpochInHexadecimal() throws {
    #expect(try record().id == "beef:7")
    #expect(GenerationID("beef:7") == GenerationID(epoch: 0xBEEF, gen: 7))
    for wrong in ["", "7", "x:1", "1:x", "1:2:3", "1:-1"] { #expect(GenerationID(wrong) == nil) }
  }

  @Test func aRecordHasItsFieldsAtTopLevel() throws {
    let json = try WireJSON.encode(try record())
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "epoch", "gen", "digest", "size", "members", "reason", "changed", "builtAt",
      ]
    )
    #expect(object["reason"] as? String == "git-hook")
  }

  @Test func eventsSurviveTheWire() throws {
    let changed = ReconnectRequired.Changed(
      methods: 1,
      classes: 0,
      forms: 0,
      catalog: 1,
      settings: 0,
      others: 0,
      names: ["a"]
    )
    let notice = ReconnectRequired(
      record: try record(),
      of: "0123456789abcdef0123456789abcdef",
      supersedes: 6,
      cause: String(repeating: "c", count: 64),
      changed: changed,
      revisions: Revisions(
        catalog: String(repeating: "a", count: 64),
        directory: String(repeating: "b", count: 64)
      ),
      spreadMs: 0,
      deltaSpreadMs: 0
    )
    #expect(notice.required)
    #expect(notice.record == (try record()))
    let events: [ServerEvent] = [
      .ready(Ready(project: "p", serverID: "s", state: .loading, generation: nil)),
      .reconnectRequired(notice),
      .build(BuildState(state: .degraded, problems: [])), .bookmark,
      .drain(Drain(reason: "r", reconnectAfterMs: 1, spreadMs: 2)), .reset(Reset(why: "w")),
    ]
    for event in events {
      let data = try event.encodedData()
      #expect(!data.contains(0x0A))
      #expect(try ServerEvent(name: event.name, data: data) == event)
    }
    #expect(try ServerEvent(name: "from-the-future", data: Data()) == nil)
  }

  @Test(arguments: ["m", "Method", "é\"\\", String(repeating: "long", count: 60)])
  func aNoticeFitsOneSegment(name: String) throws {
    let names = (0..<20).map { "Project/Sources/Methods/\(name)_\($0).4dm" }
    let changed = ReconnectRequired.Changed(
      methods: 20,
      classes: 0,
      forms: 0,
      catalog: 0,
      settings: 0,
      others: 0,
      names: names
    )
    let notice = ReconnectRequired(
      record: try record(),
      of: "0123456789abcdef0123456789abcdef",
      supersedes: 6,
      cause: String(repeating: "c", count: 64),
      changed: changed,
      revisions: Revisions(
        catalog: String(repeating: "a", count: 64),
        directory: String(repeating: "b", count: 64)
      ),
      spreadMs: 0,
      deltaSpreadMs: 0
    )
    let size = try ServerEvent.reconnectRequired(notice).encodedData().count
    #expect(size <= 1_024)
    let kept = notice.changed.names
    #expect(kept == Array(names.prefix(kept.count)))
    if kept.count < names.count {
      #expect(size + (try WireJSON.encode(names[kept.count]).count) + 1 > 1_024)
    }
  }

  @Test func unknownFieldsAreIgnored() throws {
    let request = try WireJSON.decode(ReloadRequest.self, from: Array("{\"x\":1}".utf8))
    #expect(request == ReloadRequest())
  }
}

@Suite struct ServerAddressTests {
  @Test(arguments: [
    ("a", "a", 19813), ("a:1", "a", 1), ("[::1]", "::1", 19813), ("[::1]:8", "::1", 8),
    ("127.0.0.1:0", "127.0.0.1", 0),
  ])
  func readsHostAndPort(_ text: String, _ host: String, _ port: Int) throws {
    let address = try #require(ServerAddress(text))
    #expect(address == ServerAddress(host: host, port: port))
  }

  @Test(arguments: ["", ":1", "a:", "a:x", "a:70000", "a b", "[::1", "[::1]8", "http://a"])
  func refusesEverythingElse(_ text: String) {
    #expect(ServerAddress(text) == nil)
  }
}
