import Foundation
import FoundationXML
import ProjectModel
import Testing

private let corpus = ProcessInfo.processInfo.environment["SYNCD_CORPUS"]

/// Real catalogs: `SYNCD_CORPUS` names a folder with `catalogs/` and `merges/*/*/{base,ours,theirs,result}`.
@Suite(.enabled(if: corpus != nil)) struct CatalogCorpusTests {
  private func files(below folder: String) -> [String] {
    let root = (corpus ?? "") + "/" + folder
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(".4DCatalog") }.sorted().map { root + "/" + $0 }
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func everyRealCatalogIsReadAndEdited() throws {
    var unreadable: [String] = []
    var rules: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var count = 0
    for path in files(below: "catalogs") {
      let document: CatalogDocument
      do throws(UnreadableDocument) {
        document = try CatalogDocument(parsing: bytesOrEmpty(path), at: ProjectLayout.catalog)
      } catch {
        unreadable.append("\(path): \(error.problem.text)")
        continue
      }
      count += 1
      for problem in document.problems { rules[problem.rule, default: 0] += 1 }
      #expect(events(of: document.root) == EventList.events(in: document.bytes), "\(path)")
      #expect(try document.applying([], in: CatalogIDMarks()).bytes == document.bytes)
      try edit(document, path, &refused)
    }
    print("corpus: \(count) catalogs, unreadable \(unreadable), rules \(rules), refused \(refused)")
    #expect(count > 0)
  }

  private func bytesOrEmpty(_ path: String) -> [UInt8] { (try? bytes(path)) ?? [] }

  private func edit(_ document: CatalogDocument, _ path: String, _ refused: inout [String: Int])
    throws
  {
    let marks = CatalogIDMarks(uuids: .seeded(UInt64(document.bytes.count)))
    func change(_ from: CatalogDocument, _ operation: CatalogOperation) -> CatalogDocument? {
      do throws(RefusedEdit) {
        return try from.applying([operation], in: marks)
      } catch {
        for problem in error.problems { refused[problem.rule, default: 0] += 1 }
        #expect(!error.problems.contains { $0.rule == "catalog-edit-unverified" }, "\(path)")
        return nil
      }
    }
    let tables = document.view.tables
    for table in [tables.first, tables.last, tables.dropFirst(tables.count / 2).first] {
      guard let table, let uuid = table.uuid else { continue }
      let field = CatalogNewField(name: "Zz_new", type: "alpha")
      if let added = change(document, .addField(table: uuid, field: field)) {
        let diff = LineDiff(from: document.bytes, to: added.bytes)
        #expect(diff.changes.map(\.new.count).reduce(0, +) <= 3, "\(path)")
        let removed = change(added, .deleteField(table: uuid, field: "Zz_new", cascade: false))
        #expect(removed?.bytes == document.bytes, "\(path)")
      }
      if let renamed = change(document, .renameTable(table: uuid, name: "Zz_new")) {
        let diff = LineDiff(from: document.bytes, to: renamed.bytes)
        let changed = diff.changes.flatMap(\.new).map { diff.newLines[$0] }
        #expect(
          changed.allSatisfy { String(decoding: $0, as: UTF8.self).contains("Zz_new") },
          "\(path)"
        )
        let trashed = change(renamed, .trashTable(table: uuid))
        let restored = trashed.flatMap { change($0, .restoreTable(table: uuid, name: nil)) }
        if trashed != nil { #expect(restored?.bytes == renamed.bytes, "\(path)") }
      }
    }
    let added = change(document, .addTable(name: "Zz_new", uuid: nil, attributes: [:], key: nil))
    let back = added.flatMap {
      change($0, .deleteTable(table: "Zz_new", cascade: false, force: true))
    }
    if added != nil { #expect(back?.bytes == document.bytes, "\(path)") }
  }

  @Test func realMergesAreMergedAsPeopleDid() throws {
    var same = 0
    var clean = 0
    var total = 0
    var sentences: [String] = []
    for path in files(below: "merges") where path.hasSuffix("/base.4DCatalog") {
      let folder = String(path.dropLast("base.4DCatalog".count))
      func side(_ name: String) throws -> [UInt8] { try bytes(folder + name + ".4DCatalog") }
      total += 1
      do throws(any Error) {
        let merge = try mergeCatalogs(
          base: side("base"),
          ours: side("ours"),
          theirs: side("theirs")
        )
        clean += merge.isClean ? 1 : 0
        sentences += merge.conflicts.prefix(2).map { "\(folder.suffix(14)) \($0.text)" }
        guard merge.isClean else { continue }
        let merged = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog)
        let result = try? CatalogDocument(parsing: side("result"), at: ProjectLayout.catalog)
        same += merged.root == result?.root ? 1 : 0
        if merged.root != result?.root { sentences.append("\(folder.suffix(14)) differs") }
      } catch {
        sentences.append("\(folder.suffix(14)) \(error)")
      }
    }
    print("corpus: \(total) merges, \(clean) clean, \(same) as recorded")
    for sentence in sentences { print("  ", sentence) }
    #expect(total > 0)
  }

  @Test func isQuickEnough() throws {
    let clock = ContinuousClock()
    let largest = files(below: "catalogs").map(bytesOrEmpty).max { $0.count < $1.count } ?? []
    let operation = CatalogOperation.addField(
      table: try CatalogDocument(parsing: largest, at: ProjectLayout.catalog)
        .view.tables[5].uuid ?? "",
      field: CatalogNewField(name: "Zz_new", type: "alpha")
    )
    var times: [String: Duration] = [:]
    for _ in 0..<7 {
      var document: CatalogDocument?
      let read = try clock.measure {
        document = try CatalogDocument(parsing: largest, at: ProjectLayout.catalog)
      }
      let edit = try clock.measure {
        _ = try document?.applying([operation], in: CatalogIDMarks())
      }
      let check = clock.measure {
        _ = CatalogCheck.problems(in: largest, at: ProjectLayout.catalog)
      }
      let scan = clock.measure { CatalogDocument.scanOnly(largest) }
      for (name, time) in [("read", read), ("edit", edit), ("check", check), ("scan", scan)] {
        times[name] = min(times[name] ?? time, time)
      }
    }
    print("corpus: \(largest.count) bytes, \(times)")
  }

  private func events(of element: CatalogElement) -> [String] {
    let attributes = element.attributes.map { "\($0.name)=\($0.value)" }.sorted()
    return ["\(element.name) \(attributes)"] + element.children.flatMap(events)
  }
}

/// What another reader of XML finds in the same bytes.
private final class EventList: NSObject, XMLParserDelegate {
  private var events: [String] = []

  static func events(in bytes: [UInt8]) -> [String] {
    let list = EventList()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = list
    _ = parser.parse()
    return list.events
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes: [String: String]
  ) {
    events.append("\(name) \(attributes.map { "\($0)=\($1)" }.sorted())")
  }
}
