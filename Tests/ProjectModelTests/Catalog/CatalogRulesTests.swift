import Foundation
import ProjectModel
import Testing

@Suite struct CatalogRulesTests {
  @Test(arguments: [
    ("id=\"4\"", "id=\"1\"", "catalog-table-id-duplicate"),
    ("id=\"4\"", "id=\"x\"", "catalog-table-id-invalid"),
    ("id=\"1\" secret", "id=\"7\" secret", "catalog-table-order"),
    ("id=\"3\"", "id=\"1\"", "catalog-field-id-duplicate"),
    ("never_null=\"true\" id=\"3\"", "", "catalog-field-id-invalid"),
    ("unique=\"true\" not_null=\"true\" id=\"1\"", "id=\"5\"", "catalog-field-order"),
    (" uuid=\"0000000000000000000000000000D001\"", "", "catalog-uuid-missing"),
    ("0000000000000000000000000000D001", "D001", "catalog-uuid-malformed"),
    (
      "0000000000000000000000000000D001", "0000000000000000000000000000E001",
      "catalog-uuid-duplicate"
    ),
    ("name=\"Orders\"", "name=\"CUSTOMERS\"", "catalog-table-name-duplicate"),
    ("name=\"CustomerID\"", "name=\"id\"", "catalog-field-name-duplicate"),
    ("name=\"Orders\"", "name=\"\"", "catalog-name-empty"),
    ("name=\"Orders\"", "name=\"abcdefghijklmnopqrstuvwxyzabcdef\"", "catalog-name-too-long"),
    ("name=\"Orders\"", "name=\"a]b\"", "catalog-name-illegal"),
    ("type=\"4\" never_null", "type=\"99\" never_null", "catalog-field-type-unknown"),
    (
      "<field_ref uuid=\"0000000000000000000000000000F102\"",
      "<field_ref uuid=\"0000000000000000000000000000F1FF\"", "catalog-field-ref-dangling"
    ),
    (
      "<field_ref uuid=\"0000000000000000000000000000F102\" name=\"Name\"",
      "<field_ref uuid=\"0000000000000000000000000000F102\" name=\"Nom\"", "catalog-ref-name-stale"
    ),
    (
      "<table_ref uuid=\"0000000000000000000000000000C002\"",
      "<table_ref uuid=\"0000000000000000000000000000C001\"", "catalog-field-ref-wrong-table"
    ),
    ("field_name=\"ID\"", "field_name=\"Id\"", "catalog-primary-key-name-stale"),
    (
      "field_uuid=\"0000000000000000000000000000F101\"",
      "field_uuid=\"0000000000000000000000000000F202\"", "catalog-primary-key-dangling"
    ),
    ("kind=\"source\"", "kind=\"destination\"", "catalog-relation-incomplete"),
    (
      "\t<schema name=\"DEFAULT_SCHEMA\"/>", "\t<index uuid=\"00000000000000000000000000000001\"/>",
      "catalog-index-empty"
    ),
    ("\t<schema name=\"DEFAULT_SCHEMA\"/>", "\t<base_extra/>", "catalog-section-order"),
    ("\t\t<table_extra>", "\t\t<index/>\t\t<table_extra>", "catalog-element-misplaced"),
  ])
  func reports(_ sound: String, _ broken: String, _ rule: String) throws {
    let range = try #require(CatalogFixture.text.range(of: sound))
    let text = CatalogFixture.text.replacingCharacters(in: range, with: broken)
    let problems = try CatalogFixture.document(text).problems
    let problem = try #require(problems.first { $0.rule == rule }, "\(problems)")
    #expect(problem.severity == .warning)
    #expect(try #require(problem.line) >= 3)
  }

  @Test func namesTheLineAndTheElement() throws {
    let text = CatalogFixture.text.replacingOccurrences(of: "id=\"4\"", with: "id=\"1\"")
    let problem = try #require(CatalogFixture.document(text).problems.first)
    #expect(problem.line == 22)
    #expect(problem.element == CatalogFixture.orders)
  }

  @Test func anOldProblemDoesNotHinderAnEdit() throws {
    let text = CatalogFixture.text.replacingOccurrences(of: "id=\"4\"", with: "id=\"1\"")
    let document = try CatalogFixture.document(text)
    let json = #"{"op":"rename-table","table":"Orders","name":"Sales"}"#
    #expect(try CatalogFixture.refusal(json, of: document) == [])
  }
}
