import ProjectModel

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Operations drawn at random that mostly make sense for a catalog.
struct RandomCatalogEdits {
  var random: SeededGenerator
  private var count = 0

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func next(for view: CatalogView) -> CatalogOperation? {
    count += 1
    let name = "New_\(count)_\(Int.random(in: 0..<1000, using: &random))"
    let tables = view.tables.filter { $0.uuid != nil }
    guard let table = tables.randomElement(using: &random), let uuid = table.uuid else {
      return .addTable(name: name, uuid: nil, attributes: [:], key: nil)
    }
    let field = table.fields.randomElement(using: &random)?.uuid
    let value = ["a", "\"<&>'", "é 漢", "x\ty\nz", nil].randomElement(using: &random) ?? nil
    switch Int.random(in: 0..<17, using: &random) {
    case 0:
      let key = CatalogNewField(name: "ID", type: "uuid")
      return .addTable(name: name, uuid: nil, attributes: ["note": value ?? ""], key: key)
    case 1: return .renameTable(table: uuid, name: name)
    case 2: return .trashTable(table: uuid)
    case 3: return .restoreTable(table: uuid, name: nil)
    case 4: return .deleteTable(table: uuid, cascade: true, force: Bool.random(using: &random))
    case 5: return .setTableAttribute(table: uuid, attribute: "note", value: value)
    case 6, 7: return .addField(table: uuid, field: CatalogNewField(name: name, type: "object"))
    case 8: return field.map { .renameField(table: nil, field: $0, name: name) }
    case 9: return field.map { .deleteField(table: nil, field: $0, cascade: true) }
    case 10:
      return field.map {
        .setFieldAttribute(table: nil, field: $0, attribute: "hide_in_REST", value: value)
      }
    case 11: return .setPrimaryKey(table: uuid, fields: field.map { [$0] } ?? [])
    case 12: return field.map { .addIndex(CatalogNewIndex(table: uuid, fields: [$0])) }
    case 13:
      let index = view.indexes.randomElement(using: &random)?.uuid
      return index.map { .deleteIndex(index: $0) }
    case 14:
      return field.map {
        .addRelation(
          CatalogNewRelation(
            sourceTable: uuid,
            sourceField: $0,
            destinationTable: uuid,
            destinationField: $0,
            nameNto1: name,
            name1toN: name
          )
        )
      }
    case 15:
      let relation = view.relations.randomElement(using: &random)?.uuid
      return relation.map { .setRelationAttribute(relation: $0, attribute: "note", value: value) }
    default:
      let owner: CatalogExtraOwner =
        field.map { .field(table: nil, field: $0) } ?? .table(uuid)
      return .setExtra(owner, attribute: "note", value: value)
    }
  }
}
