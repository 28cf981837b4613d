// Indexes, relations and the attributes of `…_extra`.
extension CatalogChange {
  mutating func add(_ new: CatalogNewIndex) throws(Refusal) {
    guard new.kind == "regular" || new.kind == "keywords" else {
      throw Refusal(
        rule: "catalog-index-kind",
        text: "an index is regular or keywords, not \(new.kind)"
      )
    }
    let type = new.type ?? (new.kind == "keywords" ? "3" : "7")
    try Self.check("type", type, fixed: [])
    if let name = new.name { try Self.check("name", name, fixed: []) }
    let table = try names.table(new.table)
    var index = CatalogElement("index")
    index.set("kind", new.kind)
    if new.isUnique { index.set("unique_keys", "true") }
    index.set("name", new.name)
    index.set("uuid", try newUUID(new.uuid))
    index.set("type", type)
    for name in new.fields {
      index.children.append(ref(toFieldAt: try names.field(name, inTableAt: table), table))
    }
    guard Set(index.children).count == new.fields.count, !new.fields.isEmpty else {
      throw Refusal(
        rule: "catalog-field-twice",
        text: "an index needs at least one field, and each of them once"
      )
    }
    root.insert(index)
  }

  mutating func add(_ new: CatalogNewRelation) throws(Refusal) {
    try Self.check("name_Nto1", new.nameNto1, fixed: [])
    try Self.check("name_1toN", new.name1toN, fixed: [])
    let sourceTable = try names.table(new.sourceTable)
    let destinationTable = try names.table(new.destinationTable)
    let source = try names.field(new.sourceField, inTableAt: sourceTable)
    let destination = try names.field(new.destinationField, inTableAt: destinationTable)
    var relation = CatalogElement("relation")
    relation.set("uuid", try newUUID(new.uuid))
    relation.set("name_Nto1", new.nameNto1)
    relation.set("name_1toN", new.name1toN)
    relation.set("state", "1")
    for (attribute, value) in new.attributes.sorted(by: { $0.key < $1.key }) {
      try Self.check(attribute, value, fixed: ["uuid", "name_Nto1", "name_1toN"])
      relation.set(attribute, value)
    }
    relation.children = [
      CatalogElement(
        "related_field",
        [CatalogAttribute("kind", "source")],
        [ref(toFieldAt: source, sourceTable)]
      ),
      CatalogElement(
        "related_field",
        [CatalogAttribute("kind", "destination")],
        [ref(toFieldAt: destination, destinationTable)]
      ),
    ]
    root.insert(relation)
  }

  mutating func setExtra(
    _ owner: CatalogExtraOwner,
    _ attribute: String,
    _ value: String?
  ) throws(Refusal) {
    try Self.check(attribute, value, fixed: ["trashed"])
    switch owner {
    case .base: Self.setExtra("base_extra", of: &root, attribute, value)
    case .table(let name):
      let index = try names.table(name)
      Self.setExtra("table_extra", of: &root.children[index], attribute, value)
    case .field(let table, let field):
      let place = try names.field(field, in: table)
      Self.setExtra(
        "field_extra",
        of: &root.children[place.table].children[place.field],
        attribute,
        value
      )
    case .relation(let uuid):
      let index = try names.element("relation", uuid)
      Self.setExtra("relation_extra", of: &root.children[index], attribute, value)
    }
  }

  private static func setExtra(
    _ name: String,
    of owner: inout CatalogElement,
    _ attribute: String,
    _ value: String?
  ) {
    if let index = owner.firstIndex(named: name) {
      owner.children[index].set(attribute, value)
      // 4D writes no empty one, so the last attribute takes it along.
      if owner.children[index] == CatalogElement(name) { owner.children.remove(at: index) }
    } else if let value {
      owner.insert(CatalogElement(name, [CatalogAttribute(attribute, value)]))
    }
  }
}
