import Foundation
import ProjectModel
import Testing

@Suite struct JSONSpansTests {
  @Test(arguments: [
    "{}", " { } ", "[]", "[ 1 , 2,3 ]\n",
    "\u{FEFF}{\"a\" : {\"b\":[\"\\u00e9\\n\", null, -0.5e+3]}}\r\n",
    "{\"a\":1,\"a\":2}", "\"x\"", "0", "[[[]], {\"\": {}}]",
  ])
  func givesBackEveryByte(_ text: String) throws {
    #expect(try JSONSpans(scanning: Array(text.utf8)).bytes == Array(text.utf8))
  }

  @Test func nestsAsDeepAsTheCheckAllows() throws {
    let text = String(repeating: "{\"a\":[", count: 255) + String(repeating: "]}", count: 255)
    let document = try DirectoryFixture.document(text)
    #expect(document.text == text)
    #expect(document.redactedBytes == document.bytes)
    #expect(throws: JSONSyntax.Failure.self) {
      try JSONSpans(scanning: [UInt8](repeating: UInt8(ascii: "["), count: 100_000))
    }
  }

  @Test func keepsTheOrderAndDuplicateKeys() throws {
    let spans = try JSONSpans(scanning: Array("{\"b\":1,\n\"a\":2,\n\"b\":3}".utf8))
    #expect(spans.root.items.map { $0.key?.text } == ["b", "a", "b"])
    #expect(spans.root.indices(of: "B") == [0, 2])
    let offsets = try spans.root.items.map { try #require($0.key?.offset) }
    #expect(offsets.map { spans.line(at: $0) } == [1, 2, 3])
  }

  @Test(arguments: [
    ("\"\"", ""), ("\"a\\\"b\\\\c\\/\"", "a\"b\\c/"), ("\"\\b\\f\\n\\r\\t\"", "\u{8}\u{C}\n\r\t"),
    ("\"\\u00e9é\"", "éé"), ("\"\\ud83d\\ude00!\"", "😀!"), ("\"\\ud83dx\"", "\u{FFFD}x"),
    ("\"\\ude00\\ud83d\"", "\u{FFFD}\u{FFFD}"), ("\"\\u0000\"", "\0"),
  ])
  func readsEscapes(_ raw: String, _ text: String) throws {
    let node = try JSONSpans(scanning: Array(raw.utf8)).root
    #expect(node.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
  }

  @Test(arguments: ["plain", "q\"b\\", "\0\u{1}\u{1F}\n\t", "é😀\u{2028}", ""])
  func quotesWhatItReads(_ text: String) throws {
    let quoted = JSONText.quoted(text)
    #expect(JSONText.unquoted(quoted[...]) == text)
    let value = try JSONSerialization.jsonObject(with: Data(quoted), options: .fragmentsAllowed)
    #expect(value as? String == text)
  }

  @Test func namesTheLineOfBytesThatAreNoText() {
    let bytes = Array("{\n\"a\": \"".utf8) + [0xE9] + Array("\"}".utf8)
    do throws(JSONSyntax.Failure) {
      _ = try JSONSpans(scanning: bytes)
      Issue.record("Latin-1 was taken for UTF-8")
    } catch {
      #expect(error.line == 2)
    }
  }

  /// Foundation takes a comma before a closing bracket, so Python is the judge.
  @Test func agreesWithPythonOnWhatIsJSON() throws {
    let seed = ProcessInfo.processInfo.environment["SYNCD_FUZZ_SEED"].flatMap(UInt64.init) ?? 7
    let rounds = ProcessInfo.processInfo.environment["SYNCD_FUZZ_OPS"].flatMap(Int.init) ?? 3_000
    var numbers = SeededNumbers(seed: seed)
    let starts = [
      DirectoryFixture.recent, "[1,-0.5e+3,true,false,null,\"\\u00e9\\\\\"]", "{\"a\":[{}]}",
    ].map { Array($0.utf8) }
    let cases = (0..<rounds).map { round in
      mutated(starts[round % starts.count], using: &numbers)
    }
    let verdicts = try python(cases)
    try #require(verdicts.count == rounds)
    #expect(verdicts.count { $0 } > rounds / 20)
    for (round, bytes) in cases.enumerated() {
      let ours = try? JSONSpans(scanning: bytes)
      if let ours { #expect(ours.bytes == bytes, "seed \(seed), round \(round)") }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect((ours != nil) == verdicts[round], "seed \(seed), round \(round): \(text)")
    }
  }

  private func mutated(_ start: [UInt8], using numbers: inout SeededNumbers) -> [UInt8] {
    let pieces = Array("{}[]\",:\\u0e-+.1 \ntfalsnr\u{1}é".utf8)
    var bytes = start
    for _ in 0..<Int.random(in: 1...2, using: &numbers) {
      let place = Int.random(in: 0..<bytes.count, using: &numbers)
      let piece = pieces.randomElement(using: &numbers) ?? 0
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: bytes.remove(at: place)
      case 1: bytes[place] = piece
      case 2: bytes.insert(piece, at: place)
      default: bytes.removeLast(min(bytes.count, Int.random(in: 0...2, using: &numbers)))
      }
      if bytes.isEmpty { bytes = [0x20] }
    }
    return bytes
  }

  /// Whether Python's strict reader takes each of the texts.
  private func python(_ cases: [[UInt8]]) throws -> [Bool] {
    let program = """
      import json, sys
      def refuse(word): raise ValueError(word)
      for line in open(sys.argv[1]):
          try:
              text = bytes.fromhex(line).decode("utf-8-sig")
              json.loads(text, parse_constant=refuse)
              print(1)
          except ValueError:
              print(0)
      """
    let file = URL.temporaryDirectory.appending(path: "syncd-json-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = cases.map { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\n"
    }
    try Data(lines.joined().utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map { $0 == "1" }
  }
}
