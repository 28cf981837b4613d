import Foundation
import ProjectModel
import Testing

private let environment = ProcessInfo.processInfo.environment
private let rounds = environment["SYNCD_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 3

@Suite struct CatalogPropertyTests {
  /// Every step is read again and held against the intended values by the document itself; here
  /// the bytes are read afresh as well, without what a step takes over from the one before.
  @Test(arguments: 0..<rounds)
  func randomEditsGiveWhatAFreshReadGives(_ round: Int) throws {
    let seed = (environment["SYNCD_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1) &+ UInt64(round)
    let text = CatalogFixture.text
    let variants = [text, "\u{FEFF}" + text.replacingOccurrences(of: "\n", with: "\r\n")]
    var document = try CatalogFixture.document(variants[round % 2])
    var edits = RandomCatalogEdits(seed: seed)
    var marks = CatalogIDMarks(uuids: .seeded(seed))
    var done = 0
    for step in 0..<120 {
      guard let operation = edits.next(for: document.view) else { continue }
      marks = marks.raised(by: document)
      marks.uuids = .seeded(seed &* 1000 &+ UInt64(step) &* 7919)
      let next: CatalogDocument
      do throws(RefusedEdit) {
        next = try document.applying([operation], in: marks)
      } catch {
        #expect(
          !error.problems.contains { $0.rule == "catalog-edit-unverified" },
          "seed \(seed): \(operation): \(error)"
        )
        continue
      }
      done += 1
      let fresh = try CatalogDocument(parsing: next.bytes, at: ProjectLayout.catalog)
      #expect(fresh.root == next.root, "seed \(seed): \(operation)")
      #expect(next.problems == [], "seed \(seed): \(operation)")
      let encoded = try JSONEncoder().encode(operation)
      #expect(try JSONDecoder().decode(CatalogOperation.self, from: encoded) == operation)
      document = next
    }
    #expect(done > 40)
  }

  @Test(arguments: 0..<rounds)
  func mergesOfRandomEditsAreCatalogsUnlessTheyConflict(_ round: Int) throws {
    let seed = UInt64(round) &* 31 &+ 5
    let base = try CatalogFixture.document()
    func side(_ seed: UInt64) throws -> CatalogDocument {
      var edits = RandomCatalogEdits(seed: seed)
      var document = base
      for step in 0..<4 {
        guard let operation = edits.next(for: document.view) else { continue }
        let marks = CatalogIDMarks(uuids: .seeded(seed &* 1000 &+ UInt64(step)))
        if let next = try? document.applying([operation], in: marks) { document = next }
      }
      return document
    }
    for step in 0..<15 {
      let ours = try side(seed &* 100 &+ UInt64(step))
      let theirs = try side(seed &* 777 &+ UInt64(step))
      let merge = try mergeCatalogs(base: base.bytes, ours: ours.bytes, theirs: theirs.bytes)
      guard merge.isClean else { continue }
      let merged = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog)
      #expect(merged.problems == [], "seed \(seed), step \(step)")
    }
  }

  @Test func damagedBytesNeverTrap() {
    let bytes = Array(CatalogFixture.text.utf8)
    for end in stride(from: 0, to: bytes.count, by: 13) {
      _ = try? CatalogDocument(parsing: Array(bytes[..<end]), at: ProjectLayout.catalog)
      CatalogDocument.scanOnly(Array(bytes[..<end]))
    }
    var random = SeededGenerator(seed: 11)
    for _ in 0..<(rounds * 100) {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<damaged.count, using: &random)
        damaged[at] =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random)
          : Array("<>/\"'!-[]?&".utf8).randomElement(using: &random) ?? 0
      }
      CatalogDocument.scanOnly(damaged)
      _ = try? CatalogDocument(parsing: damaged, at: ProjectLayout.catalog)
    }
  }

  @Test func readsAndEditsALargeCatalog() throws {
    let document = try CatalogFixture.document(CatalogFixture.large(tables: 100))
    #expect(document.problems == [])
    let edited = try CatalogFixture.edited(
      document,
      #"{"op":"add-field","table":"Table_50","name":"Extra","type":"date"}"#
    )
    let diff = LineDiff(from: document.bytes, to: edited.bytes)
    #expect(diff.changes.map(\.old.count) == [0])
    #expect(diff.changes.map(\.new.count) == [1])
  }
}
