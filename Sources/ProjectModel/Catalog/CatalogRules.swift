/// What holds in catalogs that 4D wrote (4d-domain §5.2), each rule with a stable id.
struct CatalogRules {
  struct Violation: Sendable {
    /// What makes it the same violation in another state; a new name alone makes it no other.
    struct Identity: Hashable, Sendable {
      let rule: String
      let element: String
      /// What tells it from others of the element.
      let detail: String
    }

    let identity: Identity
    /// The places of the children that lead from the root to the element.
    let path: [Int]
    let text: String
  }

  private var violations: [Violation] = []
  private var uuids: Set<String> = []
  /// By uuid: the field's name and its table.
  private var fields: [String: (name: String, table: String)] = [:]
  private var tables: [String: String] = [:]

  static func violations(of root: CatalogElement) -> [Violation] {
    var rules = CatalogRules()
    rules.check(root)
    return rules.violations
  }

  private mutating func add(
    _ rule: String,
    _ element: CatalogElement,
    _ path: [Int],
    detail: String = "",
    _ text: String
  ) {
    let uuid = element.ownUUID
    // Without a uuid the id tells the element, which an edit never changes.
    let stand = uuid == nil ? "\(element.name) \(element["id"] ?? element["name"] ?? "") " : ""
    let identity = Violation.Identity(
      rule: "catalog-" + rule,
      element: uuid ?? "",
      detail: stand + detail
    )
    violations.append(Violation(identity: identity, path: path, text: text))
  }

  private mutating func check(_ root: CatalogElement) {
    checkUUID(root, [])
    checkSections(root, [])
    var names: Set<String> = []
    var ids: Set<Int> = []
    var last = 0
    for (index, table) in root.children.enumerated() where table.name == "table" {
      let name = table["name"] ?? ""
      checkUUID(table, [index])
      checkName(table, [index], isTrashed: table.isTrashed)
      if !names.insert(name.lowercased()).inserted {
        add(
          "table-name-duplicate",
          table,
          [index],
          detail: name.lowercased(),
          "the table name \(name) is taken"
        )
      }
      checkID(table, in: root, [index], &ids, &last, "table")
      if let uuid = table.uuid { tables[uuid] = name }
      checkFields(of: table, index)
    }
    for (index, table) in root.children.enumerated() where table.name == "table" {
      checkKey(of: table, index)
    }
    var lastIndex = ""
    var isUnsorted = false
    for (at, element) in root.children.enumerated() {
      if element.name == "index" {
        checkUUID(element, [at])
        if element.fieldRefs.isEmpty {
          add("index-empty", element, [at], "the index has no field")
        }
        if let uuid = element.uuid {
          if uuid < lastIndex, !isUnsorted {
            isUnsorted = true
            add("index-order", root, [at], "the indexes are not in the order of their uuids")
          }
          lastIndex = max(lastIndex, uuid)
        }
        checkRefs(of: element, in: element, [at])
      } else if element.name == "relation" {
        checkRelation(element, at)
      }
    }
  }

  private mutating func checkRelation(_ relation: CatalogElement, _ index: Int) {
    checkUUID(relation, [index])
    checkSections(relation, [index])
    let kinds = relation.children.filter { $0.name == "related_field" && !$0.fieldRefs.isEmpty }
      .map { $0["kind"] ?? "" }
    if kinds.sorted() != ["destination", "source"] {
      add(
        "relation-incomplete",
        relation,
        [index],
        "the relation needs one source and one destination field"
      )
    }
    for (at, part) in relation.children.enumerated() where part.name == "related_field" {
      checkRefs(of: part, in: relation, [index, at])
    }
  }

  private mutating func checkFields(of table: CatalogElement, _ index: Int) {
    checkSections(table, [index])
    var names: Set<String> = []
    var ids: Set<Int> = []
    var last = 0
    for (at, field) in table.children.enumerated() where field.name == "field" {
      let name = field["name"] ?? ""
      checkUUID(field, [index, at])
      checkName(field, [index, at], isTrashed: false)
      if !names.insert(name.lowercased()).inserted {
        add(
          "field-name-duplicate",
          field,
          [index, at],
          detail: name.lowercased(),
          "the field name \(name) is taken in \(table["name"] ?? "")"
        )
      }
      checkID(field, in: table, [index, at], &ids, &last, "field")
      let type = field["type"] ?? ""
      if !(Int(type).map(CatalogFieldType.isKnown) ?? false) {
        add("field-type-unknown", field, [index, at], "the field type \(type) is not known")
      }
      if let uuid = field.uuid { fields[uuid] = (name, table.uuid ?? "") }
    }
  }

  private mutating func checkKey(of table: CatalogElement, _ index: Int) {
    for (at, part) in table.children.enumerated() where part.name == "primary_key" {
      let name = part["field_name"] ?? ""
      let uuid = part["field_uuid"]
      let field =
        uuid.map { fields[$0] }
        ?? table.children.first { $0.name == "field" && $0["name"] == name }
        .map { ($0["name"] ?? "", table.uuid ?? "") }
      if let field, field.table == table.uuid ?? "" {
        if field.name != name {
          add(
            "primary-key-name-stale",
            table,
            [index, at],
            detail: uuid ?? name,
            "the primary key calls its field \(name), the field's name is \(field.name)"
          )
        }
      } else {
        add(
          "primary-key-dangling",
          table,
          [index, at],
          detail: uuid ?? name,
          "the primary key of \(table["name"] ?? "") names a field \(name) that the table has not"
        )
      }
    }
  }

  private mutating func checkRefs(
    of parent: CatalogElement,
    in owner: CatalogElement,
    _ path: [Int]
  ) {
    for (at, ref) in parent.children.enumerated() where ref.name == "field_ref" {
      let name = ref["name"] ?? ""
      guard let field = fields[ref.uuid ?? ""] else {
        add(
          "field-ref-dangling",
          owner,
          path + [at],
          detail: ref.uuid ?? name,
          "the \(owner.name) refers to a field \(name) (\(ref.uuid ?? "no uuid")) that does not exist"
        )
        continue
      }
      if ref["name"] != nil, field.name != name {
        add(
          "ref-name-stale",
          owner,
          path + [at],
          detail: ref.uuid ?? name,
          "the \(owner.name) calls a field \(name), its name is \(field.name)"
        )
      }
      guard let table = ref.child("table_ref") else { continue }
      if table.uuid != field.table {
        add(
          "field-ref-wrong-table",
          owner,
          path + [at],
          detail: ref.uuid ?? name,
          "the \(owner.name) looks for the field \(name) in another table than its own"
        )
      } else if let called = table["name"], let real = tables[field.table], called != real {
        add(
          "ref-name-stale",
          owner,
          path + [at],
          detail: field.table,
          "the \(owner.name) calls a table \(called), its name is \(real)"
        )
      }
    }
  }

  private mutating func checkUUID(_ element: CatalogElement, _ path: [Int]) {
    guard let uuid = element.uuid else {
      let name = element["name"] ?? ""
      add("uuid-missing", element, path, "the \(element.name) \(name) has no uuid")
      return
    }
    if !CatalogNames.isUUID(uuid) {
      add(
        "uuid-malformed",
        element,
        path,
        "the uuid of a \(element.name) is not 32 upper-case hex digits"
      )
    }
    if !uuids.insert(uuid).inserted {
      add(
        "uuid-duplicate",
        element,
        path,
        "the uuid of this \(element.name) \(element["name"] ?? "") is taken"
      )
    }
  }

  private mutating func checkID(
    _ element: CatalogElement,
    in parent: CatalogElement,
    _ path: [Int],
    _ ids: inout Set<Int>,
    _ last: inout Int,
    _ what: String
  ) {
    guard let id = element.id, (1...CatalogIDMarks.largest).contains(id) else {
      add(
        "\(what)-id-invalid",
        element,
        path,
        "the \(what) \(element["name"] ?? "") has no id from 1 to \(CatalogIDMarks.largest)"
      )
      return
    }
    if !ids.insert(id).inserted {
      add(
        "\(what)-id-duplicate",
        element,
        path,
        detail: String(id),
        "the \(what) id \(id) is taken"
      )
    } else if id < last, last != .max {
      add("\(what)-order", parent, path, "the \(what)s are not in the order of their ids")
      // Told once for each parent.
      last = .max
    }
    last = max(last, id)
  }

  /// A table in the trash has parentheses and a number around its name, which may be longer then.
  private mutating func checkName(_ element: CatalogElement, _ path: [Int], isTrashed: Bool) {
    let name = element["name"] ?? ""
    if name.isEmpty {
      add("name-empty", element, path, "the \(element.name) has no name")
    } else if !isTrashed, name.utf16.count > CatalogNames.longest {
      add(
        "name-too-long",
        element,
        path,
        "the name \(name) is longer than \(CatalogNames.longest) characters"
      )
    }
    // Only what 4D's language cannot hold; real names have brackets, `-`, `&`, `%` and `$`.
    let isIllegal = name.utf8.contains { byte in
      switch byte {
      case 0..<0x20, 0x7F, UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "."),
        UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "`"):
        true
      default: false
      }
    }
    if isIllegal || name.hasPrefix(" ") || name.hasSuffix(" ") {
      add(
        "name-illegal",
        element,
        path,
        "the name \"\(name)\" has a character that 4D's language cannot hold there"
      )
    }
  }

  /// Sections in 4D's order, the `…_extra` last, and nothing of another level in between.
  private mutating func checkSections(_ parent: CatalogElement, _ path: [Int]) {
    var last = 0
    for (at, child) in parent.children.enumerated() {
      if ["base", "table", "relation", "index"].contains(child.name), parent.name != "base" {
        add(
          "element-misplaced",
          parent,
          path + [at],
          detail: child.uuid ?? child.name,
          "a \(child.name) stands inside the \(parent.name) \(parent["name"] ?? "")"
        )
      }
      let rank = CatalogOrder.rank(of: child.name, in: parent.name)
      if rank < last {
        add(
          "section-order",
          parent,
          path + [at],
          detail: child.name,
          "a \(child.name) stands behind the sections that follow it"
        )
      }
      last = max(last, rank)
    }
  }
}
