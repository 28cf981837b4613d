import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

@Suite struct EditJournalTests {
  private func journal(_ bench: OwnedFileBench) -> URL {
    URL(filePath: bench.state + "/journal/catalog.journal")
  }

  @Test func aTornLastLineIsDropped() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let first = try await file.edit("one", .count("n"))
    let whole = try Data(contentsOf: journal(bench))
    for length in [whole.count - 1, whole.count - 20] {
      try whole.prefix(length).write(to: journal(bench))
      let again = try await bench.open()
      #expect(try await again.edit("one", .count("n"), at: start) == first)
      try await again.edit("two-\(length)", .set("a", "\(length)"))
    }
    #expect(try await bench.open().state().content.lines["n"] == "1")
  }

  @Test func aDamagedLineCostsNoOther() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    for name in ["one", "two", "three"] { try await file.edit(name, .count(name)) }
    var bytes = try Data(contentsOf: journal(bench))
    let hit = try #require(bytes.range(of: Data("\"two\"".utf8)))
    bytes[hit.lowerBound + 1] = UInt8(ascii: "x")
    try bytes.write(to: journal(bench))
    let again = try await bench.open()
    for name in ["one", "three"] { try await again.edit(name, .count(name), at: start) }
    #expect(bench.text == "a=1\nb=2\none=1\nthree=1\ntwo=1\n")
  }

  @Test func theJournalStaysShortAndKeepsItsAnswers() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open(journalBound: 8_192)
    let start = try await file.state().revision
    for number in 0..<10 { try await file.edit("old\(number)", .count("n")) }
    bench.time.withLock { $0 += 24 * 3_600_000 }
    for number in 0..<10 { try await file.edit("e\(number)", .count("n")) }
    let size = try Data(contentsOf: journal(bench)).count
    #expect(size < 20_000)
    let again = try await bench.open(journalBound: 8_192)
    for number in 0..<10 { try await again.edit("e\(number)", .count("n"), at: start) }
    #expect(bench.text == "a=1\nb=2\nn=20\n")
  }

  @Test func neitherOperationsNorBytesAreInTheJournal() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    try await file.edit("one", .set("user", "geheim4711"))
    let text = String(decoding: try Data(contentsOf: journal(bench)), as: UTF8.self)
    #expect(text.contains("\"one\""))
    #expect(!text.contains("geheim4711"))
  }

  @Test func theKeyIsPrivateAndRevisionsSurviveARestart() async throws {
    let bench = try OwnedFileBench()
    let revision = await (try bench.open()).revision()
    #expect(revision != nil)
    #expect(await (try bench.open()).revision() == revision)
    let key = bench.state + "/revision.key"
    let attributes = try FileManager.default.attributesOfItem(atPath: key)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.size] as? Int == 32)
    try FileManager.default.removeItem(atPath: key)
    #expect(await (try bench.open()).revision() != revision)
  }
}
