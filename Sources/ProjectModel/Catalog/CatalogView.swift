/// The catalog as clients see it.
package struct CatalogView: Codable, Hashable, Sendable {
  package struct Field: Codable, Hashable, Sendable {
    package let id: Int?
    package let name: String
    package let uuid: String?
    /// 4D's number.
    package let type: Int?
    /// A word for it, as operations take it.
    package let typeName: String
    /// All others.
    package let attributes: [String: String]
    /// Of `field_extra`.
    package let extra: [String: String]
  }

  package struct Table: Codable, Hashable, Sendable {
    package let id: Int?
    package let name: String
    package let uuid: String?
    package let trashed: Bool
    package let attributes: [String: String]
    package let fields: [Field]
    /// The uuids of the key's fields, in its order.
    package let primaryKey: [String]
    package let extra: [String: String]
  }

  package struct FieldReference: Codable, Hashable, Sendable {
    package let table: String
    package let field: String
    package let uuid: String
  }

  package struct Index: Codable, Hashable, Sendable {
    package let uuid: String?
    package let name: String?
    package let kind: String?
    package let type: String?
    package let unique: Bool
    package let fields: [FieldReference]
  }

  package struct Relation: Codable, Hashable, Sendable {
    package let uuid: String?
    package let nameNto1: String?
    package let name1toN: String?
    package let source: FieldReference?
    package let destination: FieldReference?
    package let attributes: [String: String]
    package let extra: [String: String]
  }

  package let name: String
  package let uuid: String?
  package let attributes: [String: String]
  package let schemas: [String]
  package let tables: [Table]
  package let relations: [Relation]
  package let indexes: [Index]
  package let extra: [String: String]

  init(_ root: CatalogElement) {
    name = root["name"] ?? ""
    uuid = root.uuid
    attributes = root.attributes(except: ["name", "uuid"])
    schemas = root.children.filter { $0.name == "schema" }.map { $0["name"] ?? "" }
    tables = root.children.filter { $0.name == "table" }.map(Table.init)
    relations = root.children.filter { $0.name == "relation" }.map(Relation.init)
    indexes = root.children.filter { $0.name == "index" }.map(Index.init)
    extra = root.child("base_extra")?.attributes(except: []) ?? [:]
  }
}

extension CatalogElement {
  fileprivate func attributes(except names: Set<String>) -> [String: String] {
    Dictionary(
      attributes.lazy.filter { !names.contains($0.name) }.map { ($0.name, $0.value) },
      uniquingKeysWith: { one, _ in one }
    )
  }
}

extension CatalogView.Table {
  fileprivate init(_ table: CatalogElement) {
    id = table.id
    name = table["name"] ?? ""
    uuid = table.uuid
    trashed = table.isTrashed
    attributes = table.attributes(except: ["id", "name", "uuid"])
    fields = table.children.filter { $0.name == "field" }.map(CatalogView.Field.init)
    primaryKey = table.children.filter { $0.name == "primary_key" }
      .map { $0["field_uuid"] ?? $0["field_name"] ?? "" }
    extra = table.child("table_extra")?.attributes(except: ["trashed"]) ?? [:]
  }
}

extension CatalogView.Field {
  fileprivate init(_ field: CatalogElement) {
    id = field.id
    name = field["name"] ?? ""
    uuid = field.uuid
    type = field["type"].flatMap { Int($0) }
    typeName = CatalogFieldType.name(of: field)
    attributes = field.attributes(except: ["id", "name", "uuid", "type"])
    extra = field.child("field_extra")?.attributes(except: []) ?? [:]
  }
}

extension CatalogView.FieldReference {
  fileprivate init(_ ref: CatalogElement) {
    table = ref.child("table_ref")?["name"] ?? ""
    field = ref["name"] ?? ""
    uuid = ref.uuid ?? ""
  }
}

extension CatalogView.Index {
  fileprivate init(_ index: CatalogElement) {
    uuid = index.uuid
    name = index["name"]
    kind = index["kind"]
    type = index["type"]
    unique = index["unique_keys"] == "true"
    fields = index.fieldRefs.map(CatalogView.FieldReference.init)
  }
}

extension CatalogView.Relation {
  fileprivate init(_ relation: CatalogElement) {
    func side(_ kind: String) -> CatalogView.FieldReference? {
      relation.children.first { $0["kind"] == kind }?.fieldRefs.first
        .map(CatalogView.FieldReference.init)
    }
    uuid = relation.uuid
    nameNto1 = relation["name_Nto1"]
    name1toN = relation["name_1toN"]
    source = side("source")
    destination = side("destination")
    attributes = relation.attributes(except: ["uuid", "name_Nto1", "name_1toN"])
    extra = relation.child("relation_extra")?.attributes(except: []) ?? [:]
  }
}
