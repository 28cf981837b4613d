/// What operations do to fields and primary keys.
extension CatalogChange {
  mutating func add(_ field: CatalogNewField, toTableAt index: Int) throws(Refusal) {
    try CatalogNames.check(new: field.name)
    guard var attributes = CatalogFieldType.attributes(for: field.type) else {
      throw Refusal(
        rule: "catalog-field-type-unknown",
        text: "there is no field type \(field.type); name one of "
          + CatalogFieldType.words.joined(separator: ", ")
      )
    }
    for (attribute, value) in field.attributes {
      try Self.check(attribute, value, fixed: ["name", "uuid", "id", "type"])
      attributes[attribute] = value
    }
    // 4D's own default for a field that is no key.
    if attributes["never_null"] == nil, attributes["not_null"] == nil {
      attributes["never_null"] = "true"
    }
    let uuid = try newUUID(field.uuid)
    let table = root.children[index]
    let mark = table.uuid.flatMap { marks.fields[$0] } ?? 0
    let id = try Self.next(
      after: max(mark, table.largestID(of: "field")),
      "field",
      "the table \(table["name"] ?? "")"
    )
    if let uuid = table.uuid { marks.fields[uuid] = id }
    attributes["name"] = field.name
    attributes["uuid"] = uuid
    attributes["id"] = String(id)
    var element = CatalogElement("field")
    for (attribute, value) in attributes.sorted(by: { $0.key < $1.key }) {
      element.set(attribute, value)
    }
    root.children[index].insert(element)
  }

  mutating func rename(fieldAt place: CatalogNames.FieldPlace, to name: String) {
    root.children[place.table].children[place.field].set("name", name)
    guard let uuid = root.children[place.table].children[place.field].uuid else { return }
    for at in root.children[place.table].children.indices {
      let part = root.children[place.table].children[at]
      guard part.name == "primary_key", part["field_uuid"] == uuid else { continue }
      root.children[place.table].children[at].set("field_name", name)
    }
    updateRefs { ref in if ref.uuid == uuid { ref.set("name", name) } }
  }

  mutating func deleteField(
    _ place: CatalogNames.FieldPlace,
    _ cascade: Bool
  ) throws(Refusal) {
    let table = root.children[place.table]
    let field = table.children[place.field]
    let what = "the field \(table["name"] ?? "").\(field["name"] ?? "")"
    root.children[place.table].children.remove(at: place.field)
    let uuids = Set([field.uuid].compactMap { $0 })
    try release(uuids, cascade, keyOf: place.table, what: what, field.uuid)
  }

  mutating func setField(
    _ place: CatalogNames.FieldPlace,
    _ attribute: String,
    _ value: String?
  ) throws(Refusal) {
    try Self.check(attribute, value, fixed: ["name", "uuid", "id"])
    guard attribute == "type" else {
      root.children[place.table].children[place.field].set(attribute, value)
      return
    }
    guard let value, let wanted = CatalogFieldType.attributes(for: value) else {
      throw Refusal(
        rule: "catalog-field-type-unknown",
        text: "there is no field type \(value ?? "without a value")"
      )
    }
    var field = root.children[place.table].children[place.field]
    // A word that is the field's type already changes no limit of its own.
    guard CatalogFieldType.name(of: field) != value.lowercased() else { return }
    if Int(value) == nil {
      for name in CatalogFieldType.companions where wanted[name] == nil { field.set(name, nil) }
    }
    for (name, value) in wanted.sorted(by: { $0.key < $1.key }) { field.set(name, value) }
    root.children[place.table].children[place.field] = field
  }

  mutating func setKey(_ index: Int, _ fields: [String]) throws(Refusal) {
    var parts: [CatalogElement] = []
    for name in fields {
      let place = try names.field(name, inTableAt: index)
      let field = root.children[index].children[place]
      let part = CatalogElement(
        "primary_key",
        [
          CatalogAttribute("field_name", field["name"] ?? ""),
          CatalogAttribute("field_uuid", field.uuid ?? ""),
        ]
      )
      if parts.contains(part) {
        throw Refusal(
          rule: "catalog-field-twice",
          element: field.uuid,
          text: "the field \(field["name"] ?? "") is named twice in the primary key"
        )
      }
      parts.append(part)
    }
    root.children[index].children.removeAll { $0.name == "primary_key" }
    for part in parts { root.children[index].insert(part) }
  }
}
