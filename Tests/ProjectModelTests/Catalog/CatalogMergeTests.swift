import Foundation
import ProjectModel
import Testing

@Suite struct CatalogMergeTests {
  private let document: CatalogDocument

  init() throws { document = try CatalogFixture.document() }

  private func edited(_ json: String, seed: UInt64) throws -> [UInt8] {
    try CatalogFixture.edited(document, json, marks: CatalogIDMarks(uuids: .seeded(seed))).bytes
  }

  private func merged(_ ours: String, _ theirs: String) throws -> CatalogMerge {
    try mergeCatalogs(
      base: document.bytes,
      ours: edited(ours, seed: 1),
      theirs: edited(theirs, seed: 2)
    )
  }

  @Test func takesTheSideThatChanged() throws {
    let changed = try edited(#"{"op":"trash-table","table":"Orders"}"#, seed: 1)
    let base = document.bytes
    #expect(try mergeCatalogs(base: base, ours: changed, theirs: base).bytes == changed)
    #expect(try mergeCatalogs(base: base, ours: base, theirs: changed).bytes == changed)
    #expect(try mergeCatalogs(base: base, ours: changed, theirs: changed).bytes == changed)
  }

  @Test func keepsTheFieldsOfBothSides() throws {
    let merge = try merged(
      #"{"op":"add-field","table":"Orders","name":"a","type":4}"#,
      #"{"op":"add-field","table":"Orders","name":"b","type":4}"#
    )
    #expect(merge.isClean)
    #expect(merge.notes.count == 1)
    let view = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog).view
    #expect(view.tables[1].fields.map(\.name) == ["ID", "CustomerID", "a", "b"])
    #expect(view.tables[1].fields.map(\.id) == [1, 3, 4, 5])
  }

  @Test func aPrimaryKeyIsOneValue() throws {
    let both = try merged(
      #"{"op":"set-primary-key","table":"Customers","fields":["Name"]}"#,
      #"{"op":"set-primary-key","table":"Customers","fields":["ID","Name"]}"#
    )
    #expect(both.conflicts.map(\.element) == [CatalogFixture.customers])
    let text = String(decoding: both.bytes, as: UTF8.self)
    #expect(text.contains("<<<<<<< ours"))
    let one = try merged(
      #"{"op":"set-primary-key","table":"Customers","fields":["Name"]}"#,
      #"{"op":"add-field","table":"Customers","name":"b","type":4}"#
    )
    #expect(one.isClean)
    let view = try CatalogDocument(parsing: one.bytes, at: ProjectLayout.catalog).view
    #expect(view.tables[0].primaryKey == [CatalogFixture.customerName])
  }

  @Test func saysThatACommentIsLeftOut() throws {
    let theirs = String(decoding: document.bytes, as: UTF8.self)
      .replacing("\t<relation", with: "\t<!-- look here -->\n\t<relation")
    let merge = try mergeCatalogs(
      base: document.bytes,
      ours: edited(#"{"op":"add-field","table":"Orders","name":"a","type":4}"#, seed: 1),
      theirs: Array(theirs.utf8)
    )
    #expect(merge.isClean)
    #expect(merge.notes.contains { $0.contains("comment") })
  }

  @Test func reportsATableThatGotAnotherNumber() throws {
    let merge = try merged(
      #"{"op":"add-table","name":"a"}"#,
      #"{"op":"add-table","name":"b"}"#
    )
    #expect(merge.conflicts.count == 1)
    let view = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog).view
    #expect(view.tables.map(\.id) == [1, 4, 5, 6])
    #expect(view.tables.map(\.name).suffix(2) == ["a", "b"])
  }

  @Test func mergesAttributesOfOneElement() throws {
    let merge = try merged(
      #"{"op":"set-field-attribute","table":"Customers","field":"Name","attribute":"unique","value":true}"#,
      #"{"op":"rename-field","table":"Customers","field":"Name","name":"Label"}"#
    )
    #expect(merge.isClean)
    let document = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog)
    #expect(document.view.tables[0].fields[1].name == "Label")
    #expect(document.view.tables[0].fields[1].attributes["unique"] == "true")
    #expect(document.problems == [])
  }

  @Test func givesAReferenceOfTheirsTheNameOfOurs() throws {
    let merge = try merged(
      #"{"op":"rename-table","table":"Orders","name":"Sales"}"#,
      #"{"op":"add-index","table":"Orders","fields":["CustomerID"]}"#
    )
    #expect(merge.isClean)
    let document = try CatalogDocument(parsing: merge.bytes, at: ProjectLayout.catalog)
    #expect(document.problems == [])
    #expect(document.view.indexes.count == 2)
  }

  @Test func marksTheSmallestLinesOfAConflict() throws {
    let merge = try merged(
      #"{"op":"set-field-attribute","table":"Orders","field":"ID","attribute":"type","value":"real"}"#,
      #"{"op":"set-field-attribute","table":"Orders","field":"ID","attribute":"type","value":"text"}"#
    )
    #expect(merge.conflicts.map(\.element) == ["0000000000000000000000000000F201"])
    let text = String(decoding: merge.bytes, as: UTF8.self)
    let line = "\t\t<field name=\"ID\" uuid=\"0000000000000000000000000000F201\" "
    let rest = "unique=\"true\" not_null=\"true\" id=\"1\"/>\n"
    #expect(
      text.contains(
        "<<<<<<< ours\n\(line)type=\"6\" \(rest)=======\n\(line)type=\"10\" \(rest)>>>>>>> theirs\n"
      )
    )
    #expect(MergeMarkers.firstLine(in: merge.bytes) == 23)
  }

  @Test func marksAnElementThatOneSideDeletedAndTheOtherChanged() throws {
    let deleted =
      #"{"op":"delete-index","index":"0000000000000000000000000000D001"}"#
    let changed = #"{"op":"rename-field","table":"Customers","field":"Name","name":"L"}"#
    let merge = try merged(deleted, changed)
    #expect(merge.conflicts.map(\.element) == [CatalogFixture.index])
    #expect(String(decoding: merge.bytes, as: UTF8.self).contains("=======\n\t<index"))
  }

  @Test func reportsAReferenceToWhatTheOtherSideDeleted() throws {
    let merge = try merged(
      #"{"op":"delete-field","table":"Customers","field":"Name","cascade":true}"#,
      #"{"op":"add-index","table":"Customers","fields":["Name"]}"#
    )
    #expect(merge.conflicts.contains { $0.text.contains("does not exist") })
  }

  @Test func doesNotAskAboutWhatChangesByItself() throws {
    let merge = try merged(
      #"{"op":"set-extra","attribute":"__stringCompHash","value":"icu:70"}"#,
      #"{"op":"set-extra","attribute":"__stringCompHash","value":"icu:72"}"#
    )
    #expect(merge.isClean)
    #expect(String(decoding: merge.bytes, as: UTF8.self).contains("icu:70"))
  }
}
