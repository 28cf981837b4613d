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

  @Test func anAbsurdIDIsReportedAndSpreadsNoFurther() throws {
    let broken = try CatalogFixture.document(
      CatalogFixture.text.replacing("id=\"4\">", with: "id=\"\(Int.max)\">")
        .replacing("id=\"3\"/>", with: "id=\"40000\"/>")
    )
    #expect(
      broken.problems.map(\.rule) == ["catalog-table-id-invalid", "catalog-field-id-invalid"]
    )
    let edited = try CatalogFixture.edited(
      broken,
      #"{"op":"add-table","name":"New"},{"op":"add-field","table":"Orders","name":"a","type":4}"#
    )
    #expect(edited.view.tables.first { $0.name == "New" }?.id == 2)
    #expect(
      edited.view.tables.first { $0.name == "Orders" }?.fields.contains { $0.id == 2 } == true
    )
    #expect(CatalogIDMarks().raised(by: broken).table == 1)
  }

  @Test func refusesWhenEveryIDWasGiven() throws {
    let marks = CatalogIDMarks(
      table: CatalogIDMarks.largest,
      fields: [CatalogFixture.orders: CatalogIDMarks.largest]
    )
    for (json, rule) in [
      (#"{"op":"add-table","name":"New"}"#, "catalog-table-ids-used-up"),
      (#"{"op":"add-field","table":"Orders","name":"a","type":4}"#, "catalog-field-ids-used-up"),
    ] {
      let operations = try CatalogFixture.operations(json)
      let refusal = #expect(throws: RefusedEdit.self) {
        try document.applying(operations, in: marks)
      }
      #expect(refusal?.problems.map(\.rule) == [rule])
    }
  }

  @Test func withoutUUIDsAnEditStaysInItsTable() throws {
    let text = """
      <base name="B" uuid="0000000000000000000000000000A001">
      \t<table name="T1" id="1">
      \t\t<field name="ID" type="4" id="1"/>
      \t</table>
      \t<table name="T2" id="2">
      \t\t<field name="ID" type="4" id="1"/>
      \t</table>
      </base>
      """
    let document = try CatalogFixture.document(text)
    let field = try CatalogFixture.edited(
      document,
      #"{"op":"delete-field","table":"T2","field":"ID"}"#
    )
    #expect(field.view.tables.map(\.fields.count) == [1, 0])
    let name = try CatalogFixture.edited(
      document,
      #"{"op":"rename-table","table":"T1","name":"T9"}"#
    )
    #expect(name.view.tables.map(\.name) == ["T9", "T2"])
    let table = try CatalogFixture.edited(
      document,
      #"{"op":"delete-table","table":"T2","force":true}"#
    )
    #expect(table.view.tables.map(\.name) == ["T1"])
    let added = try CatalogFixture.edited(
      document,
      #"{"op":"add-field","table":"T2","name":"b","type":4}"#
    )
    #expect(added.view.tables[1].fields.map(\.id) == [1, 2])
  }

  @Test func findsWhatHasALowerCaseUUID() throws {
    let document = try CatalogFixture.document(
      CatalogFixture.text.replacing(
        CatalogFixture.relation,
        with: CatalogFixture.relation.lowercased()
      )
    )
    let json = #"{"op":"delete-relation","relation":"\#(CatalogFixture.relation)"}"#
    #expect(try CatalogFixture.edited(document, json).view.relations == [])
  }

  @Test func aTypesWordBringsAndTakesWhatBelongsToIt() throws {
    func type(_ word: String, of field: String) throws -> String? {
      let json =
        #"{"op":"set-field-attribute","table":"Customers","field":"\#(field)","attribute":"type","value":"\#(word)"}"#
      return try CatalogFixture.edited(document, json).view.tables[0].fields
        .first { $0.name == field }?.typeName
    }
    for word in ["uuid", "text", "alpha", "picture", "longint", "real"] {
      #expect(try type(word, of: "Name") == word)
      #expect(try type(word, of: "ID") == word)
    }
    let same =
      #"{"op":"set-field-attribute","table":"Customers","field":"Name","attribute":"type","value":"alpha"}"#
    #expect(try CatalogFixture.edited(document, same).bytes == document.bytes)
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
    #expect(throws: UnreadableOperation.self) { try CatalogFixture.operations(json) }
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
