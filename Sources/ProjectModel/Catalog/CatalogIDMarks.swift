/// The largest ids that were ever given: a deleted table's or field's id is not used again, since
/// forms and triggers are found by it (4d-domain §5.2).
package struct CatalogIDMarks: Hashable, Sendable, Codable {
  package var table: Int
  /// By the table's uuid.
  package var fields: [String: Int]
  /// Where uuids come from that an operation does not give; it is not stored.
  package var uuids: CatalogUUIDs = .random

  private enum CodingKeys: String, CodingKey {
    case table
    case fields
  }

  package init(table: Int = 0, fields: [String: Int] = [:], uuids: CatalogUUIDs = .random) {
    self.table = table
    self.fields = fields
    self.uuids = uuids
  }

  /// The marks after a state was seen; they never fall.
  package func raised(by document: CatalogDocument) -> CatalogIDMarks {
    raised(by: document.root)
  }

  func raised(by root: CatalogElement) -> CatalogIDMarks {
    var marks = self
    for table in root.children where table.name == "table" {
      marks.table = max(marks.table, table.id ?? 0)
      guard let uuid = table.uuid else { continue }
      let largest = table.children.lazy.filter { $0.name == "field" }.compactMap(\.id).max() ?? 0
      marks.fields[uuid] = max(marks.fields[uuid] ?? 0, largest)
    }
    return marks
  }
}

/// A source of uuids as 4D writes them: 32 upper-case hex digits.
package enum CatalogUUIDs: Hashable, Sendable {
  case random
  /// The same ones every time, for tests and simulations.
  case seeded(UInt64)

  mutating func next() -> String {
    let high = word()
    let low = word()
    return Self.hex(high & ~0xF000 | 0x4000) + Self.hex(low & ~(3 << 62) | 2 << 62)
  }

  private mutating func word() -> UInt64 {
    switch self {
    case .random: return UInt64.random(in: .min ... .max)
    case .seeded(let seed):
      // SplitMix64.
      let state = seed &+ 0x9E37_79B9_7F4A_7C15
      self = .seeded(state)
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16, uppercase: true)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
