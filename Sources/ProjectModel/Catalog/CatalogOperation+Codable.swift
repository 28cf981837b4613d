extension CatalogOperation: Codable {
  package init(from decoder: any Decoder) throws {
    var fields = try OperationFields(decoder)
    let op = try fields.string("op")
    switch op {
    case "add-table":
      self = .addTable(
        name: try fields.string("name"),
        uuid: try fields.optional("uuid"),
        attributes: try fields.attributes(),
        key: try fields.nested("key", CatalogNewField.self)
      )
    case "rename-table":
      self = .renameTable(table: try fields.string("table"), name: try fields.string("name"))
    case "trash-table": self = .trashTable(table: try fields.string("table"))
    case "restore-table":
      self = .restoreTable(table: try fields.string("table"), name: try fields.optional("name"))
    case "delete-table":
      self = .deleteTable(
        table: try fields.string("table"),
        cascade: try fields.flag("cascade"),
        force: try fields.flag("force")
      )
    case "set-table-attribute":
      self = .setTableAttribute(
        table: try fields.string("table"),
        attribute: try fields.string("attribute"),
        value: try fields.optional("value")
      )
    case "set-primary-key":
      self = .setPrimaryKey(
        table: try fields.string("table"),
        fields: try fields.strings("fields")
      )
    case "delete-index": self = .deleteIndex(index: try fields.string("index"))
    case "delete-relation": self = .deleteRelation(relation: try fields.string("relation"))
    case "set-relation-attribute":
      self = .setRelationAttribute(
        relation: try fields.string("relation"),
        attribute: try fields.string("attribute"),
        value: try fields.optional("value")
      )
    default: self = try Self.fieldOperation(op, &fields)
    }
    try fields.finish()
  }

  private static func fieldOperation(_ op: String, _ fields: inout OperationFields) throws -> Self {
    switch op {
    case "add-field":
      return .addField(table: try fields.string("table"), field: try CatalogNewField(&fields))
    case "rename-field":
      return .renameField(
        table: try fields.optional("table"),
        field: try fields.string("field"),
        name: try fields.string("name")
      )
    case "delete-field":
      return .deleteField(
        table: try fields.optional("table"),
        field: try fields.string("field"),
        cascade: try fields.flag("cascade")
      )
    case "set-field-attribute":
      return .setFieldAttribute(
        table: try fields.optional("table"),
        field: try fields.string("field"),
        attribute: try fields.string("attribute"),
        value: try fields.optional("value")
      )
    case "add-index": return .addIndex(try CatalogNewIndex(&fields))
    case "add-relation": return .addRelation(try CatalogNewRelation(&fields))
    case "set-extra":
      return .setExtra(
        try CatalogExtraOwner(&fields),
        attribute: try fields.string("attribute"),
        value: try fields.optional("value")
      )
    default: throw fields.failure("there is no catalog operation \"\(op)\"")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var out = OperationOutput(encoder)
    switch self {
    case .addTable(let name, let uuid, let attributes, let key):
      try out.put(op: "add-table", ["name": name, "uuid": uuid])
      try out.put(attributes: attributes)
      if let key { try out.put(key: "key", key) }
    case .renameTable(let table, let name):
      try out.put(op: "rename-table", ["table": table, "name": name])
    case .trashTable(let table): try out.put(op: "trash-table", ["table": table])
    case .restoreTable(let table, let name):
      try out.put(op: "restore-table", ["table": table, "name": name])
    case .deleteTable(let table, let cascade, let force):
      try out.put(op: "delete-table", ["table": table])
      try out.put(flags: ["cascade": cascade, "force": force])
    case .setTableAttribute(let table, let attribute, let value):
      try out.put(
        op: "set-table-attribute",
        ["table": table, "attribute": attribute, "value": value]
      )
    case .addField(let table, let field):
      try out.put(op: "add-field", ["table": table])
      try field.put(into: &out)
    case .renameField(let table, let field, let name):
      try out.put(op: "rename-field", ["table": table, "field": field, "name": name])
    case .deleteField(let table, let field, let cascade):
      try out.put(op: "delete-field", ["table": table, "field": field])
      try out.put(flags: ["cascade": cascade])
    case .setFieldAttribute(let table, let field, let attribute, let value):
      try out.put(
        op: "set-field-attribute",
        ["table": table, "field": field, "attribute": attribute, "value": value]
      )
    case .setPrimaryKey(let table, let fields):
      try out.put(op: "set-primary-key", ["table": table])
      try out.put(key: "fields", fields)
    case .addIndex(let index): try index.put(into: &out)
    case .deleteIndex(let index): try out.put(op: "delete-index", ["index": index])
    case .addRelation(let relation): try relation.put(into: &out)
    case .deleteRelation(let relation): try out.put(op: "delete-relation", ["relation": relation])
    case .setRelationAttribute(let relation, let attribute, let value):
      try out.put(
        op: "set-relation-attribute",
        ["relation": relation, "attribute": attribute, "value": value]
      )
    case .setExtra(let owner, let attribute, let value):
      try out.put(
        op: "set-extra",
        owner.names.merging(["attribute": attribute, "value": value]) { one, _ in one }
      )
    }
  }
}

extension CatalogNewField: Codable {
  package init(from decoder: any Decoder) throws {
    var fields = try OperationFields(decoder)
    try self.init(&fields)
    try fields.finish()
  }

  fileprivate init(_ fields: inout OperationFields) throws {
    name = try fields.string("name")
    type = try fields.string("type")
    uuid = try fields.optional("uuid")
    attributes = try fields.attributes()
  }

  package func encode(to encoder: any Encoder) throws {
    var out = OperationOutput(encoder)
    try put(into: &out)
  }

  fileprivate func put(into out: inout OperationOutput) throws {
    try out.put(op: nil, ["name": name, "type": type, "uuid": uuid])
    try out.put(attributes: attributes)
  }
}

extension CatalogNewIndex {
  fileprivate init(_ fields: inout OperationFields) throws {
    table = try fields.string("table")
    self.fields = try fields.strings("fields")
    kind = try fields.optional("kind") ?? "regular"
    type = try fields.optional("type")
    isUnique = try fields.flag("unique")
    name = try fields.optional("name")
    uuid = try fields.optional("uuid")
  }

  fileprivate func put(into out: inout OperationOutput) throws {
    try out.put(
      op: "add-index",
      ["table": table, "kind": kind, "type": type, "name": name, "uuid": uuid]
    )
    try out.put(key: "fields", fields)
    try out.put(flags: ["unique": isUnique])
  }
}

extension CatalogNewRelation {
  fileprivate init(_ fields: inout OperationFields) throws {
    sourceTable = try fields.string("sourceTable")
    sourceField = try fields.string("sourceField")
    destinationTable = try fields.string("destinationTable")
    destinationField = try fields.string("destinationField")
    nameNto1 = try fields.string("nameNto1")
    name1toN = try fields.string("name1toN")
    uuid = try fields.optional("uuid")
    attributes = try fields.attributes()
  }

  fileprivate func put(into out: inout OperationOutput) throws {
    try out.put(
      op: "add-relation",
      [
        "sourceTable": sourceTable, "sourceField": sourceField,
        "destinationTable": destinationTable, "destinationField": destinationField,
        "nameNto1": nameNto1, "name1toN": name1toN, "uuid": uuid,
      ]
    )
    try out.put(attributes: attributes)
  }
}

extension CatalogExtraOwner {
  fileprivate init(_ fields: inout OperationFields) throws {
    let table = try fields.optional("table")
    if let relation = try fields.optional("relation") {
      guard table == nil else { throw fields.failure("name a table or a relation, not both") }
      self = .relation(relation)
    } else if let field = try fields.optional("field") {
      self = .field(table: table, field: field)
    } else {
      self = table.map { .table($0) } ?? .base
    }
  }

  fileprivate var names: [String: String?] {
    switch self {
    case .base: [:]
    case .table(let table): ["table": table]
    case .field(let table, let field): ["table": table, "field": field]
    case .relation(let relation): ["relation": relation]
    }
  }
}
