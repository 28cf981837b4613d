import ProjectModel
import Sessions
import Testing

@Suite struct StorageTests {
  /// RFC 7396, appendix A.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
    (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
    (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
    (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
    (#"{"a":"foo"}"#, #"null"#, #"null"#),
    (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
    (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func mergePatch(original: String, patch: String, result: String) throws {
    let merged = try JSONValue(reading: Array(original.utf8))
      .merged(with: try JSONValue(reading: Array(patch.utf8)))
    #expect(String(decoding: merged.bytes, as: UTF8.self) == result)
  }

  @Test func aPatchCountsWhenItChangesSomething() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let empty = try sessions.storage(of: id, for: .server)
    #expect(empty.revision == 0 && empty.value.isEmpty)
    let patch = try bench.json(#"{"cart":{"items":2}}"#)
    let first = try sessions.patchStorage(of: id, with: patch, expecting: 0, for: .server)
    #expect(first.revision == 1)
    let again = try sessions.patchStorage(of: id, with: patch, for: .hook(id))
    #expect(again.revision == 1)
    #expect(throws: SessionRefusal.revisionMismatch(current: 1)) {
      try sessions.patchStorage(of: id, with: patch, expecting: 0, for: .server)
    }
    #expect(throws: SessionRefusal.storageNotAnObject) {
      try sessions.patchStorage(of: id, with: .null, for: .server)
    }
    let seen = try sessions.storage(of: id, for: .web(id))
    #expect(String(decoding: seen.value.bytes, as: UTF8.self) == #"{"cart":{"items":2}}"#)
    #expect(bench.events.all == [.storageChanged(StorageKey(session: id), revision: 1)])
  }

  @Test func limitsHoldAndARefusedPatchChangesNothing() throws {
    let limits = SessionLimits(storage: .init(bytes: 20, depth: 2))
    let bench = Bench(limits: limits)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    // 20 bytes exactly, and two levels exactly.
    try sessions.patchStorage(
      of: id,
      with: try bench.json(#"{"a":{"b":"12345678"}}"#.replacing("5678", with: "56")),
      for: .server
    )
    #expect(throws: SessionRefusal.storageTooLarge(limit: 20)) {
      try sessions.patchStorage(of: id, with: try bench.json(#"{"c":1}"#), for: .server)
    }
    #expect(throws: SessionRefusal.storageTooDeep(limit: 2)) {
      try sessions.patchStorage(of: id, with: try bench.json(#"{"a":{"b":[]}}"#), for: .server)
    }
    #expect(try sessions.storage(of: id, for: .server).revision == 1)
  }

  @Test func aStorageGoesWithItsSession() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"a":1}"#), for: .server)
    #expect(sessions.close(id) != nil)
    #expect(throws: SessionRefusal.unknownSession) { try sessions.storage(of: id, for: .server) }
    #expect(sessions.close(id) == nil)
  }

  @Test func aClientOf21R3HasAStorageOfItsOwn() throws {
    let bench = Bench(.v21R3)
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"server":1}"#), for: .server)
    try sessions.patchStorage(of: id, with: try bench.json(#"{"client":2}"#), for: .remote(id))
    let client = try sessions.storage(of: id, for: .remote(id)).value
    #expect(client["client"] != nil && client["server"] == nil)
    let server = try sessions.storage(of: id, for: .server).value
    #expect(server["client"] == nil && server["server"] != nil)
  }

  @Test func spellingsOfOneLetterAreTwoKeys() throws {
    var object = JSONObject()
    object["\u{E9}"] = .integer(1)
    object["e\u{301}"] = .integer(2)
    #expect(object.members.count == 2)
    #expect(String(decoding: object.bytes, as: UTF8.self) == "{\"e\u{301}\":2,\"\u{E9}\":1}")
  }

  @Test func numbersKeepTheirDigits() throws {
    let text = #"{"big":12345678901234567890,"e":1e400,"small":0.10}"#
    let value = try JSONValue(reading: Array(text.utf8))
    #expect(String(decoding: value.bytes, as: UTF8.self) == text)
  }
}
