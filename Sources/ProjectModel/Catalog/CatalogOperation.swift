/// One intent of a client against the catalog.
///
/// A table or field is named by its uuid or its present name, case ignored; indexes and relations
/// by uuid. A `nil` value removes an attribute. A uuid that is given makes a retry give the same
/// result; without one a new one is drawn.
package enum CatalogOperation: Hashable, Sendable {
  /// `key`, where given, becomes the first field and the primary key; no index is added for it.
  case addTable(name: String, uuid: String?, attributes: [String: String], key: CatalogNewField?)
  case renameTable(table: String, name: String)
  /// Marks the table and puts its name in parentheses, as 4D does; what refers to it stays.
  case trashTable(table: String)
  /// `name` is the new name; without it the parentheses are taken off.
  case restoreTable(table: String, name: String?)
  /// The table must be in the trash unless `force`; users are refused unless `cascade`.
  case deleteTable(table: String, cascade: Bool, force: Bool)
  case setTableAttribute(table: String, attribute: String, value: String?)
  case addField(table: String, field: CatalogNewField)
  case renameField(table: String?, field: String, name: String)
  case deleteField(table: String?, field: String, cascade: Bool)
  case setFieldAttribute(table: String?, field: String, attribute: String, value: String?)
  /// In the key's order; none removes the key.
  case setPrimaryKey(table: String, fields: [String])
  case addIndex(CatalogNewIndex)
  case deleteIndex(index: String)
  case addRelation(CatalogNewRelation)
  case deleteRelation(relation: String)
  case setRelationAttribute(relation: String, attribute: String, value: String?)
  case setExtra(CatalogExtraOwner, attribute: String, value: String?)
}

/// A field to be added.
package struct CatalogNewField: Hashable, Sendable {
  package var name: String
  /// A number of 4D's, or a word of `CatalogFieldType`.
  package var type: String
  package var uuid: String?
  package var attributes: [String: String]

  package init(
    name: String,
    type: String,
    uuid: String? = nil,
    attributes: [String: String] = [:]
  ) {
    self.name = name
    self.type = type
    self.uuid = uuid
    self.attributes = attributes
  }
}

/// An index to be added.
package struct CatalogNewIndex: Hashable, Sendable {
  package var table: String
  package var fields: [String]
  /// `regular` or `keywords`.
  package var kind: String
  /// 4D's number; without it 7 for a regular index and 3 for keywords, as 4D writes most often.
  package var type: String?
  package var isUnique: Bool
  package var name: String?
  package var uuid: String?

  package init(
    table: String,
    fields: [String],
    kind: String = "regular",
    type: String? = nil,
    isUnique: Bool = false,
    name: String? = nil,
    uuid: String? = nil
  ) {
    self.table = table
    self.fields = fields
    self.kind = kind
    self.type = type
    self.isUnique = isUnique
    self.name = name
    self.uuid = uuid
  }
}

/// A relation to be added, from the N side to the 1 side.
package struct CatalogNewRelation: Hashable, Sendable {
  package var sourceTable: String
  package var sourceField: String
  package var destinationTable: String
  package var destinationField: String
  package var nameNto1: String
  package var name1toN: String
  package var uuid: String?
  package var attributes: [String: String]

  package init(
    sourceTable: String,
    sourceField: String,
    destinationTable: String,
    destinationField: String,
    nameNto1: String,
    name1toN: String,
    uuid: String? = nil,
    attributes: [String: String] = [:]
  ) {
    self.sourceTable = sourceTable
    self.sourceField = sourceField
    self.destinationTable = destinationTable
    self.destinationField = destinationField
    self.nameNto1 = nameNto1
    self.name1toN = name1toN
    self.uuid = uuid
    self.attributes = attributes
  }
}

/// Whose `…_extra` an attribute belongs to.
package enum CatalogExtraOwner: Hashable, Sendable {
  case base
  case table(String)
  case field(table: String?, field: String)
  case relation(String)
}

/// 4D's field types; the words for numbers that 4D does not document follow from real catalogs.
package enum CatalogFieldType {
  private static let names: [(Int, String)] = [
    (1, "boolean"), (3, "integer"), (4, "longint"), (5, "integer64"), (6, "real"), (8, "date"),
    (9, "time"), (10, "text"), (12, "picture"), (14, "float"), (18, "blob"), (21, "object"),
  ]
  /// Seen in real catalogs, meaning unknown.
  private static let unnamed: Set<Int> = [15, 16]

  package static func isKnown(_ number: Int) -> Bool {
    unnamed.contains(number) || names.contains { $0.0 == number }
  }

  /// The word for a field's type: `alpha` and `uuid` are texts with an attribute.
  package static func name(of field: CatalogElement) -> String {
    guard let number = field["type"].flatMap({ Int($0) }) else { return "unknown" }
    if number == 10, field["store_as_UUID"] == "true" { return "uuid" }
    if number == 10, let limit = field["limiting_length"], limit != "0" { return "alpha" }
    return names.first { $0.0 == number }?.1 ?? "type \(number)"
  }

  /// The attributes that a type in an operation stands for; `nil` for a type that nobody knows.
  static func attributes(for type: String) -> [String: String]? {
    if let number = Int(type) { return isKnown(number) ? ["type": String(number)] : nil }
    switch type.lowercased() {
    case "alpha": return ["type": "10", "limiting_length": "255"]
    case "uuid": return ["type": "10", "store_as_UUID": "true"]
    case let word:
      guard let number = names.first(where: { $0.1 == word })?.0 else { return nil }
      let isLarge = number == 12 || number == 18 || number == 21
      let size = isLarge ? ["blob_switch_size": "2147483647"] : [:]
      return ["type": String(number)].merging(size) { one, _ in one }
    }
  }

  /// What a type's word says besides the number.
  static let companions = ["limiting_length", "store_as_UUID", "blob_switch_size"]

  /// The words that an operation may name a type by.
  package static var words: [String] { ["alpha", "uuid"] + names.map(\.1) }
}
