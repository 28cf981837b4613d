import Foundation
import ProjectModel
import Testing

@Suite struct CatalogEditTests {
  private let document: CatalogDocument

  init() throws { document = try CatalogFixture.document() }

  private func lines(_ document: CatalogDocument) -> [String] {
    String(decoding: document.bytes, as: UTF8.self).components(separatedBy: "\n")
  }

  /// The lines that an edit takes away and those that it brings.
  private func difference(_ json: String) throws -> (gone: [String], new: [String]) {
    let edited = try CatalogFixture.edited(document, json)
    let diff = LineDiff(from: document.bytes, to: edited.bytes)
    return (
      diff.changes.flatMap(\.old).map { lines(document)[$0] },
      diff.changes.flatMap(\.new).map { lines(edited)[$0] }
    )
  }

  @Test func readsWhatTheFileSays() {
    let view = document.view
    #expect(view.name == "Shop")
    #expect(view.tables.map(\.name) == ["Customers", "Orders"])
    #expect(view.tables.first?.attributes == ["secret": "5 > \"4\""])
    #expect(view.tables.first?.fields.map(\.typeName) == ["longint", "alpha"])
    #expect(view.tables.first?.primaryKey == [CatalogFixture.customerID])
    #expect(view.relations.first?.destination?.table == "Customers")
    #expect(view.indexes.first?.fields.map(\.field) == ["Name"])
    #expect(view.extra["data_file_path"] == ":Shop.4DD")
    #expect(document.problems == [])
  }

  @Test func addsAFieldAsOneLineBehindTheLast() throws {
    let (gone, new) = try difference(
      #"{"op":"add-field","table":"customers","name":"City","type":"alpha","uuid":"00000000000000000000000000001234"}"#
    )
    #expect(gone == [])
    #expect(
      new == [
        "\t\t<field name=\"City\" uuid=\"00000000000000000000000000001234\" type=\"10\" limiting_length=\"255\" never_null=\"true\" id=\"3\"/>"
      ]
    )
  }

  @Test func neverGivesAnIDBelowTheMarks() throws {
    var marks = CatalogIDMarks(table: 9, fields: [CatalogFixture.orders: 7])
    marks = marks.raised(by: document)
    #expect(marks.fields == [CatalogFixture.orders: 7, CatalogFixture.customers: 2])
    let edited = try CatalogFixture.edited(
      document,
      #"{"op":"add-field","table":"Orders","name":"a","type":4},{"op":"add-table","name":"New"}"#,
      marks: marks
    )
    #expect(edited.view.tables.map(\.id) == [1, 4, 10])
    #expect(edited.view.tables[1].fields.last?.id == 8)
  }

  @Test func opensATableThatWasEmpty() throws {
    let added = try CatalogFixture.edited(document, #"{"op":"add-table","name":"New"}"#)
    #expect(lines(added).contains { $0.hasSuffix("id=\"5\"/>") })
    let filled = try CatalogFixture.edited(
      added,
      #"{"op":"add-field","table":"New","name":"a","type":"text"}"#,
      marks: CatalogIDMarks(uuids: .seeded(2))
    )
    #expect(filled.view.tables.last?.fields.count == 1)
    let emptied = try CatalogFixture.edited(
      filled,
      #"{"op":"delete-field","table":"New","field":"A"}"#
    )
    #expect(emptied.bytes == added.bytes)
  }

  @Test func addsATableWithItsKey() throws {
    let added = try CatalogFixture.edited(
      document,
      #"{"op":"add-table","name":"New","key":{"name":"ID","type":"longint"}}"#
    )
    let table = try #require(added.view.tables.last)
    #expect(table.primaryKey == table.fields.map { $0.uuid ?? "" })
    #expect(table.fields.first?.attributes["autosequence"] == "true")
  }

  @Test func renamesEveryReferenceToAField() throws {
    let (gone, new) = try difference(
      #"{"op":"rename-field","field":"0000000000000000000000000000F101","name":"Key"}"#
    )
    #expect(gone.count == 3)
    #expect(new == gone.map { $0.replacingOccurrences(of: "name=\"ID\"", with: "name=\"Key\"") })
  }

  @Test func renamesEveryReferenceToATable() throws {
    let (gone, new) = try difference(
      #"{"op":"rename-table","table":"CUSTOMERS","name":"Clients"}"#
    )
    #expect(gone.count == 3)
    #expect(new == gone.map { $0.replacingOccurrences(of: "Customers", with: "Clients") })
  }

  @Test(arguments: [
    (
      #"{"op":"trash-table","table":"Customers"}"#, #"{"op":"restore-table","table":"Customers"}"#
    ),
    (#"{"op":"trash-table","table":"Orders"}"#, #"{"op":"restore-table","table":"(Orders)"}"#),
    (
      #"{"op":"add-field","table":"Orders","name":"x","type":21}"#,
      #"{"op":"delete-field","table":"Orders","field":"x"}"#
    ),
    (
      #"{"op":"add-table","name":"x","key":{"name":"k","type":"uuid"}}"#,
      #"{"op":"set-primary-key","table":"x","fields":[]},{"op":"delete-table","table":"x","force":true}"#
    ),
    (
      #"{"op":"add-index","table":"Orders","fields":["ID","CustomerID"],"uuid":"000000000000000000000000000000AA"}"#,
      #"{"op":"delete-index","index":"000000000000000000000000000000AA"}"#
    ),
    (
      #"{"op":"add-relation","sourceTable":"Orders","sourceField":"ID","destinationTable":"Customers","destinationField":"ID","nameNto1":"a","name1toN":"b","uuid":"000000000000000000000000000000AA"}"#,
      #"{"op":"delete-relation","relation":"000000000000000000000000000000AA"}"#
    ),
    (
      #"{"op":"set-extra","table":"Orders","attribute":"visible","value":false}"#,
      #"{"op":"set-extra","table":"Orders","attribute":"visible"}"#
    ),
    (
      #"{"op":"set-table-attribute","table":"Orders","attribute":"hide_in_REST","value":"<\">&"}"#,
      #"{"op":"set-table-attribute","table":"Orders","attribute":"hide_in_REST","value":null}"#
    ),
    (
      #"{"op":"set-primary-key","table":"Orders","fields":["ID","CustomerID"]}"#,
      #"{"op":"set-primary-key","table":"Orders","fields":[]}"#
    ),
  ])
  func undoesToTheSameBytes(_ forth: String, _ back: String) throws {
    let variants = [
      CatalogFixture.text,
      "\u{FEFF}" + CatalogFixture.text,
      CatalogFixture.text.replacingOccurrences(of: "\n", with: "\r\n"),
      CatalogFixture.text.replacingOccurrences(of: "\t", with: "  ") + "\n",
      CatalogFixture.text.replacingOccurrences(of: "\"/>", with: "\" />"),
      CatalogFixture.text.replacingOccurrences(of: "\n", with: ""),
    ]
    for variant in variants {
      let document = try CatalogFixture.document(variant)
      let edited = try CatalogFixture.edited(document, forth)
      #expect(edited.bytes != document.bytes)
      #expect(try CatalogFixture.edited(edited, back).bytes == document.bytes)
    }
  }

  @Test func keepsLineEndsAndTheByteOrderMark() throws {
    let text = "\u{FEFF}" + CatalogFixture.text.replacingOccurrences(of: "\n", with: "\r\n")
    let edited = try CatalogFixture.edited(
      CatalogFixture.document(text),
      #"{"op":"add-index","table":"Orders","fields":["ID"]},{"op":"trash-table","table":"Orders"}"#
    )
    #expect(edited.bytes.starts(with: [0xEF, 0xBB, 0xBF]))
    let feeds = edited.bytes.indices.filter { edited.bytes[$0] == 0x0A }
    #expect(feeds.allSatisfy { edited.bytes[$0 - 1] == 0x0D })
  }

  @Test(arguments: [
    (#"{"op":"rename-table","table":"x","name":"y"}"#, "catalog-element-unknown"),
    (#"{"op":"rename-table","table":"Orders","name":"customers"}"#, "catalog-table-name-duplicate"),
    (#"{"op":"rename-table","table":"Orders","name":"1a"}"#, "catalog-name-illegal"),
    (
      #"{"op":"rename-table","table":"Orders","name":"abcdefghijklmnopqrstuvwxyzabcdef"}"#,
      "catalog-name-too-long"
    ),
    (#"{"op":"delete-table","table":"Orders"}"#, "catalog-table-not-trashed"),
    (#"{"op":"delete-table","table":"Orders","force":true}"#, "catalog-element-in-use"),
    (#"{"op":"delete-field","table":"Customers","field":"ID"}"#, "catalog-element-in-use"),
    (#"{"op":"restore-table","table":"Orders"}"#, "catalog-table-not-trashed"),
    (
      #"{"op":"add-field","table":"Orders","name":"a","type":"nothing"}"#,
      "catalog-field-type-unknown"
    ),
    (
      #"{"op":"add-field","table":"Orders","name":"a","type":4,"uuid":"0000000000000000000000000000F101"}"#,
      "catalog-uuid-duplicate"
    ),
    (
      #"{"op":"add-field","table":"Orders","name":"a","type":4,"uuid":"12"}"#,
      "catalog-uuid-malformed"
    ),
    (
      #"{"op":"set-table-attribute","table":"Orders","attribute":"id","value":"9"}"#,
      "catalog-attribute-fixed"
    ),
    (
      #"{"op":"set-table-attribute","table":"Orders","attribute":"a b","value":"9"}"#,
      "catalog-attribute-illegal"
    ),
    (
      #"{"op":"set-table-attribute","table":"Orders","attribute":"a","value":"\u0001"}"#,
      "catalog-character-forbidden"
    ),
    (#"{"op":"set-extra","table":"Orders","attribute":"trashed"}"#, "catalog-attribute-fixed"),
  ])
  func refuses(_ json: String, _ rule: String) throws {
    #expect(try CatalogFixture.refusal(json).first == rule)
  }

  @Test func deletesTheUsersWithAField() throws {
    let edited = try CatalogFixture.edited(
      document,
      #"{"op":"delete-field","table":"Customers","field":"ID","cascade":true}"#
    )
    #expect(edited.view.relations == [])
    #expect(edited.view.indexes.count == 1)
    #expect(edited.view.tables.first?.primaryKey == [])
    #expect(edited.problems == [])
  }

  @Test(arguments: [
    #"{"op":"fly"}"#, #"{"op":"trash-table","table":"x","speed":1}"#, #"{"op":"trash-table"}"#,
    #"{"op":"add-field","table":"x","name":"a","type":4,"attributes":3}"#, "{}",
    #"{"op":"add-table","name":"x","key":{"name":"k","type":4,"kind":"z"}}"#,
  ])
  func refusesToDecode(_ json: String) {
    #expect(throws: DecodingError.self) { try CatalogFixture.operations(json) }
  }

  @Test func namesWhatAnEditTouchesAndWhatChanged() throws {
    let operations = try CatalogFixture.operations(
      #"{"op":"rename-field","table":"Customers","field":"Name","name":"Label"}"#
    )
    let edited = try document.applying(operations, in: CatalogIDMarks())
    #expect(
      document.touched(by: operations) == [CatalogFixture.customers, CatalogFixture.customerName]
    )
    #expect(
      edited.elementsChanged(since: document)
        == [CatalogFixture.customerName, CatalogFixture.index]
    )
  }

  @Test func writesAUnifiedDiff() throws {
    let edited = try CatalogFixture.edited(
      document,
      #"{"op":"set-table-attribute","table":"Orders","attribute":"hide_in_REST","value":true}"#
    )
    let diff = UnifiedDiff.text(
      from: document.bytes,
      to: edited.bytes,
      oldName: "a",
      newName: "b",
      context: 0
    )
    #expect(
      diff == """
        --- a
        +++ b
        @@ -22 +22 @@
        -\t<table name="Orders" uuid="0000000000000000000000000000C002" id="4">
        +\t<table name="Orders" uuid="0000000000000000000000000000C002" id="4" hide_in_REST="true">

        """
    )
  }
}
