/// Carries out operations on the catalog's values; it knows no bytes.
struct CatalogChange {
  struct Refusal: Error {
    let rule: String
    var element: String?
    let text: String
  }

  var root: CatalogElement
  var marks: CatalogIDMarks

  init(_ root: CatalogElement, marks: CatalogIDMarks) {
    self.root = root
    self.marks = marks.raised(by: root)
  }

  mutating func apply(_ operation: CatalogOperation) throws(Refusal) {
    switch operation {
    case .addTable(let name, let uuid, let attributes, let key):
      try addTable(name, uuid, attributes, key)
    case .renameTable(let table, let name):
      try CatalogNames.check(new: name)
      rename(tableAt: try names.table(table), to: name)
    case .trashTable(let table): try trash(try names.table(table))
    case .restoreTable(let table, let name): try restore(table, name)
    case .deleteTable(let table, let cascade, let force):
      try deleteTable(try names.table(table), cascade, force)
    case .setTableAttribute(let table, let attribute, let value):
      try Self.check(attribute, value, fixed: ["name", "uuid", "id"])
      root.children[try names.table(table)].set(attribute, value)
    case .addField(let table, let field): try add(field, toTableAt: try names.table(table))
    case .renameField(let table, let field, let name):
      try CatalogNames.check(new: name)
      rename(fieldAt: try names.field(field, in: table), to: name)
    case .deleteField(let table, let field, let cascade):
      try deleteField(try names.field(field, in: table), cascade)
    case .setFieldAttribute(let table, let field, let attribute, let value):
      try setField(try names.field(field, in: table), attribute, value)
    case .setPrimaryKey(let table, let fields): try setKey(try names.table(table), fields)
    case .addIndex(let index): try add(index)
    case .deleteIndex(let index): root.children.remove(at: try names.element("index", index))
    case .addRelation(let relation): try add(relation)
    case .deleteRelation(let relation):
      root.children.remove(at: try names.element("relation", relation))
    case .setRelationAttribute(let relation, let attribute, let value):
      // The DTD demands a state.
      try Self.check(attribute, value, fixed: value == nil ? ["uuid", "state"] : ["uuid"])
      root.children[try names.element("relation", relation)].set(attribute, value)
    case .setExtra(let owner, let attribute, let value): try setExtra(owner, attribute, value)
    }
  }

  var names: CatalogNames { CatalogNames(root: root) }

  // MARK: Tables

  private mutating func addTable(
    _ name: String,
    _ uuid: String?,
    _ attributes: [String: String],
    _ key: CatalogNewField?
  ) throws(Refusal) {
    try CatalogNames.check(new: name)
    let uuid = try newUUID(uuid)
    marks.table = try Self.next(after: marks.table, "table", "the catalog")
    var table = CatalogElement("table")
    table.set("name", name)
    table.set("uuid", uuid)
    table.set("id", String(marks.table))
    for (attribute, value) in attributes.sorted(by: { $0.key < $1.key }) {
      try Self.check(attribute, value, fixed: ["name", "uuid", "id"])
      table.set(attribute, value)
    }
    let place = CatalogOrder.place(of: table, in: root)
    root.children.insert(table, at: place)
    guard var key else { return }
    let number = CatalogFieldType.attributes(for: key.type)?["type"]
    let generation = number == "10" ? "autogenerate" : "autosequence"
    var defaults = ["unique": "true", "not_null": "true", generation: "true"]
    if number == "10" { defaults["store_as_UUID"] = "true" }
    key.attributes.merge(defaults) { given, _ in given }
    try add(key, toTableAt: place)
    try setKey(place, [key.name])
  }

  private mutating func rename(tableAt index: Int, to name: String) {
    root.children[index].set("name", name)
    guard let uuid = root.children[index].uuid else { return }
    updateRefs { ref in
      for at in ref.children.indices
      where ref.children[at].name == "table_ref" && ref.children[at].uuid == uuid {
        ref.children[at].set("name", name)
      }
    }
  }

  private mutating func trash(_ index: Int) throws(Refusal) {
    let table = root.children[index]
    guard !table.isTrashed else {
      throw Refusal(
        rule: "catalog-table-trashed",
        element: table.uuid,
        text: "the table \(table["name"] ?? "") is in the trash already"
      )
    }
    if let extra = table.firstIndex(named: "table_extra") {
      root.children[index].children[extra].set("trashed", "true")
    } else {
      root.children[index].insert(
        CatalogElement("table_extra", [CatalogAttribute("trashed", "true")])
      )
    }
    // 4D writes `(Name)`, and `(Name_1)` where that is taken.
    let name = table["name"] ?? ""
    let taken = Set(root.children.filter { $0.name == "table" }.map { $0["name"]?.lowercased() })
    var candidate = "(\(name))"
    var count = 0
    while taken.contains(candidate.lowercased()) {
      count += 1
      candidate = "(\(name)_\(count))"
    }
    rename(tableAt: index, to: candidate)
  }

  private mutating func restore(_ name: String, _ newName: String?) throws(Refusal) {
    let index: Int
    if let found = try? names.table("(\(name))") {
      index = found
    } else {
      index = try names.table(name)
    }
    let table = root.children[index]
    guard table.isTrashed, let extra = table.firstIndex(named: "table_extra") else {
      throw Refusal(
        rule: "catalog-table-not-trashed",
        element: table.uuid,
        text: "the table \(table["name"] ?? "") is not in the trash"
      )
    }
    root.children[index].children[extra].set("trashed", nil)
    // 4D writes no empty table_extra: without anything in it, the trash made it.
    if root.children[index].children[extra] == CatalogElement("table_extra") {
      root.children[index].children.remove(at: extra)
    }
    let present = table["name"] ?? ""
    if let newName {
      try CatalogNames.check(new: newName)
      rename(tableAt: index, to: newName)
    } else if present.hasPrefix("("), present.hasSuffix(")") {
      rename(tableAt: index, to: String(present.dropFirst().dropLast()))
    }
  }

  private mutating func deleteTable(_ index: Int, _ cascade: Bool, _ force: Bool) throws(Refusal) {
    let table = root.children[index]
    guard table.isTrashed || force else {
      throw Refusal(
        rule: "catalog-table-not-trashed",
        element: table.uuid,
        text: "the table \(table["name"] ?? "") is not in the trash; move it there first, or force"
      )
    }
    root.children.remove(at: index)
    let fields = Set(table.children.filter { $0.name == "field" }.compactMap(\.uuid))
    try release(fields, cascade, keyOf: nil, what: "the table \(table["name"] ?? "")", table.uuid)
  }

  // MARK: Shared

  static func next(
    after id: Int,
    _ what: String,
    _ owner: String
  ) throws(Refusal) -> Int {
    guard id < CatalogIDMarks.largest else {
      throw Refusal(
        rule: "catalog-\(what)-ids-used-up",
        text: "\(owner) has had a \(what) with the id \(CatalogIDMarks.largest), 4D's largest, "
          + "and an id is never given twice: there is none left"
      )
    }
    return id + 1
  }

  func ref(toFieldAt field: Int, _ table: Int) -> CatalogElement {
    func named(_ name: String, _ target: CatalogElement) -> CatalogElement {
      CatalogElement(
        name,
        [
          CatalogAttribute("uuid", target.uuid ?? ""),
          CatalogAttribute("name", target["name"] ?? ""),
        ]
      )
    }
    var ref = named("field_ref", root.children[table].children[field])
    ref.children = [named("table_ref", root.children[table])]
    return ref
  }

  /// Frees fields of what uses them, or refuses.
  mutating func release(
    _ fields: Set<String>,
    _ cascade: Bool,
    keyOf table: Int?,
    what: String,
    _ element: String?
  ) throws(Refusal) {
    func uses(_ candidate: CatalogElement) -> Bool {
      candidate.fieldRefs.contains { ref in ref.uuid.map(fields.contains) ?? false }
    }
    let isInKey =
      table.map { index in
        root.children[index].children.contains { part in
          part.name == "primary_key" && fields.contains(part["field_uuid"] ?? "")
        }
      } ?? false
    let users = root.children.filter {
      ($0.name == "index" || $0.name == "relation") && uses($0)
    }
    if !cascade, isInKey || !users.isEmpty {
      let list =
        (isInKey ? ["the primary key"] : [])
        + users.map { user in
          [user.name, user["name"] ?? user["name_Nto1"] ?? "", user.uuid ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " ")
        }
      throw Refusal(
        rule: "catalog-element-in-use",
        element: element,
        text: "\(what) is used by \(list.joined(separator: ", ")); delete these first, or cascade"
      )
    }
    if let table, isInKey {
      root.children[table].children.removeAll { $0.name == "primary_key" }
    }
    root.children.removeAll { ($0.name == "index" || $0.name == "relation") && uses($0) }
  }

  mutating func updateRefs(_ body: (inout CatalogElement) -> Void) {
    for index in root.children.indices {
      switch root.children[index].name {
      case "index": Self.updateRefs(in: &root.children[index], body)
      case "relation":
        for part in root.children[index].children.indices {
          Self.updateRefs(in: &root.children[index].children[part], body)
        }
      default: continue
      }
    }
  }

  private static func updateRefs(
    in parent: inout CatalogElement,
    _ body: (inout CatalogElement) -> Void
  ) {
    for index in parent.children.indices where parent.children[index].name == "field_ref" {
      var ref = parent.children[index]
      body(&ref)
      if ref != parent.children[index] { parent.children[index] = ref }
    }
  }

  mutating func newUUID(_ given: String?) throws(Refusal) -> String {
    guard let given else { return marks.uuids.next() }
    let uuid = given.uppercased()
    guard CatalogNames.isUUID(uuid) else {
      throw Refusal(
        rule: "catalog-uuid-malformed",
        element: given,
        text: "\(given) is not a uuid of 32 hex digits"
      )
    }
    return uuid
  }

  static func check(_ attribute: String, _ value: String?, fixed: Set<String>) throws(Refusal) {
    let isName =
      attribute.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      } && (attribute.first.map { $0.isLetter || $0 == "_" } ?? false) && attribute != "xmlns"
    guard isName else {
      throw Refusal(
        rule: "catalog-attribute-illegal",
        text: "\"\(attribute)\" cannot be an attribute's name"
      )
    }
    guard !fixed.contains(attribute) else {
      throw Refusal(
        rule: "catalog-attribute-fixed",
        text: "\(attribute) is not set as an attribute; there is an operation for what may change"
      )
    }
    if let value { try CatalogNames.checkCharacters(value) }
  }
}
