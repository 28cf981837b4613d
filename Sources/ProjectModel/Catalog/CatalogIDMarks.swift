/// The largest ids that were ever given: a deleted table's or field's id is not used again, since
/// forms and triggers are found by it (4d-domain §5.2).
package struct CatalogIDMarks: Hashable, Sendable, Codable {
  package var table: Int
  /// By the table's uuid.
  package var fields: [String: Int]
  /// Where uuids come from that an operation does not give; it is not stored.
  package var uuids: CatalogUUIDs = .random

  /// 4D's limit for tables, and for the fields of one; a larger id in a file is broken, and giving
  /// the next one would only spread it.
  package static let largest = 32_767

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
    marks.table = max(marks.table, root.largestID(of: "table"))
    for table in root.children where table.name == "table" {
      guard let uuid = table.uuid else { continue }
      marks.fields[uuid] = max(marks.fields[uuid] ?? 0, table.largestID(of: "field"))
    }
    return marks
  }
}

extension CatalogElement {
  /// The largest id that a child of that name has and may have.
  func largestID(of name: String) -> Int {
    children.lazy.filter { $0.name == name }.compactMap(\.id)
      .filter { $0 <= CatalogIDMarks.largest }.max() ?? 0
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
