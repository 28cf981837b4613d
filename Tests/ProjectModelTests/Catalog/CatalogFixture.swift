import Foundation
import ProjectModel
import Testing

/// Catalogs as 4D writes them, and what tests do with them again and again.
enum CatalogFixture {
  static let customers = "0000000000000000000000000000C001"
  static let orders = "0000000000000000000000000000C002"
  static let customerID = "0000000000000000000000000000F101"
  static let customerName = "0000000000000000000000000000F102"
  static let orderCustomer = "0000000000000000000000000000F202"
  static let index = "0000000000000000000000000000D001"
  static let relation = "0000000000000000000000000000E001"

  static let text = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE base SYSTEM "http://www.4d.com/dtd/2007/base.dtd" >
    <base name="Shop" uuid="0000000000000000000000000000A001" collation_locale="fr">
    \t<schema name="DEFAULT_SCHEMA"/>
    \t<table name="Customers" uuid="0000000000000000000000000000C001" id="1" secret='5 > "4"'>
    \t\t<field name="ID" uuid="0000000000000000000000000000F101" type="4" unique="true" autosequence="true" not_null="true" id="1"/>
    \t\t<field name="Name" uuid="0000000000000000000000000000F102" type="10" limiting_length="255" never_null="true" id="2">
    \t\t\t<field_extra multi_line="true">
    \t\t\t\t<comment format="rtf"><![CDATA[{\\rtf1 a < b
    and <field name="x"/> more}]]></comment>
    \t\t\t\t<tip>A &amp; B</tip>
    \t\t\t</field_extra>
    \t\t</field>
    \t\t<primary_key field_name="ID" field_uuid="0000000000000000000000000000F101"/>
    \t\t<!-- <table name="none"/> -->
    \t\t<table_extra>
    \t\t\t<editor_table_info displayable_fields_count="6">
    \t\t\t\t<color red="255" green="255" blue="255" alpha="0"/>
    \t\t\t</editor_table_info>
    \t\t</table_extra>
    \t</table>
    \t<table name="Orders" uuid="0000000000000000000000000000C002" id="4">
    \t\t<field name="ID" uuid="0000000000000000000000000000F201" type="4" unique="true" not_null="true" id="1"/>
    \t\t<field name="CustomerID" uuid="0000000000000000000000000000F202" type="4" never_null="true" id="3"/>
    \t</table>
    \t<relation uuid="0000000000000000000000000000E001" name_Nto1="customer" name_1toN="orders" state="1">
    \t\t<related_field kind="source">
    \t\t\t<field_ref uuid="0000000000000000000000000000F202" name="CustomerID">
    \t\t\t\t<table_ref uuid="0000000000000000000000000000C002" name="Orders"/>
    \t\t\t</field_ref>
    \t\t</related_field>
    \t\t<related_field kind="destination">
    \t\t\t<field_ref uuid="0000000000000000000000000000F101" name="ID">
    \t\t\t\t<table_ref uuid="0000000000000000000000000000C001" name="Customers"/>
    \t\t\t</field_ref>
    \t\t</related_field>
    \t</relation>
    \t<index kind="regular" uuid="0000000000000000000000000000D001" type="7">
    \t\t<field_ref uuid="0000000000000000000000000000F102" name="Name">
    \t\t\t<table_ref uuid="0000000000000000000000000000C001" name="Customers"/>
    \t\t</field_ref>
    \t</index>
    \t<base_extra __stringCompHash="icu:68.1.0" data_file_path=":Shop.4DD">
    \t\t<journal_file journal_file_enabled="true"/>
    \t</base_extra>
    </base>
    """

  static func document(_ text: String = text) throws -> CatalogDocument {
    try CatalogDocument(parsing: Array(text.utf8), at: ProjectLayout.catalog)
  }

  static func operations(_ json: String) throws -> [CatalogOperation] {
    try JSONDecoder().decode([CatalogOperation].self, from: Data("[\(json)]".utf8))
  }

  /// The document after operations in JSON.
  static func edited(
    _ document: CatalogDocument,
    _ json: String,
    marks: CatalogIDMarks = CatalogIDMarks(uuids: .seeded(1))
  ) throws -> CatalogDocument {
    try document.applying(operations(json), in: marks)
  }

  /// The rules for which operations are refused; empty when they are not.
  static func refusal(_ json: String, of document: CatalogDocument? = nil) throws -> [String] {
    let operations = try operations(json)
    let document = try document ?? Self.document()
    do throws(RefusedEdit) {
      _ = try document.applying(
        operations,
        in: CatalogIDMarks(uuids: .seeded(1))
      )
      return []
    } catch {
      return error.problems.map(\.rule)
    }
  }

  /// A catalog of many tables.
  static func large(tables: Int, fields: Int = 30) -> String {
    func uuid(_ kind: Int, _ number: Int) -> String {
      let digits = String(number, radix: 16, uppercase: true)
      return "\(kind)" + String(repeating: "0", count: 31 - digits.count) + digits
    }
    var out = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE base SYSTEM "http://www.4d.com/dtd/2007/base.dtd" >
      <base name="Large" uuid="\(uuid(9, 1))" collation_locale="en">
      \t<schema name="DEFAULT_SCHEMA"/>

      """
    for table in 1...tables {
      out += "\t<table name=\"Table_\(table)\" uuid=\"\(uuid(1, table))\" id=\"\(table)\">\n"
      for field in 1...fields {
        out += "\t\t<field name=\"Field_\(field)\" uuid=\"\(uuid(2, table * 1000 + field))\" "
        out += "type=\"10\" limiting_length=\"255\" never_null=\"true\" id=\"\(field)\"/>\n"
      }
      out +=
        "\t\t<primary_key field_name=\"Field_1\" field_uuid=\"\(uuid(2, table * 1000 + 1))\"/>\n"
      out += "\t</table>\n"
    }
    for index in 1...(tables * 7) {
      let table = (index - 1) % tables + 1
      let field = (index - 1) / tables + 1
      out += "\t<index kind=\"regular\" uuid=\"\(uuid(3, index))\" type=\"7\">\n"
      out += "\t\t<field_ref uuid=\"\(uuid(2, table * 1000 + field))\" name=\"Field_\(field)\">\n"
      out += "\t\t\t<table_ref uuid=\"\(uuid(1, table))\" name=\"Table_\(table)\"/>\n"
      out += "\t\t</field_ref>\n\t</index>\n"
    }
    return out + "\t<base_extra data_file_path=\":Large.4DD\"/>\n</base>"
  }
}
