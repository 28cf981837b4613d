/// The version of a merged client that belongs to a server, and those that it takes besides
/// (`CurrentVers`, `RangeVersMin`, `RangeVersMax`; 4d-domain §8).
package struct ClientVersions: Hashable, Sendable, Codable {
  package let current: Int
  package let minimum: Int
  package let maximum: Int

  /// `nil` for versions below 1 and for a range that is upside down or without the current one.
  package init?(current: Int, minimum: Int, maximum: Int) {
    guard minimum >= 1, minimum <= current, current <= maximum else { return nil }
    self.current = current
    self.minimum = minimum
    self.maximum = maximum
  }

  private enum Key: String, CodingKey {
    case current
    case minimum
    case maximum
  }

  /// - Throws: `DecodingError`, also for versions that are upside down.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let versions = ClientVersions(
      current: try values.decode(Int.self, forKey: .current),
      minimum: try values.decode(Int.self, forKey: .minimum),
      maximum: try values.decode(Int.self, forKey: .maximum)
    )
    guard let versions else {
      throw DecodingError.dataCorruptedError(
        forKey: .minimum,
        in: values,
        debugDescription: "minimum, current and maximum rise in this order, from 1"
      )
    }
    self = versions
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(current, forKey: .current)
    try values.encode(minimum, forKey: .minimum)
    try values.encode(maximum, forKey: .maximum)
  }

  /// The range in words: "version 3", "versions 2 to 4".
  package var words: String {
    minimum == maximum ? "version \(minimum)" : "versions \(minimum) to \(maximum)"
  }

  /// Whether a client of that version may work with the server.
  package func accept(_ version: Int) -> Bool { (minimum...maximum).contains(version) }
}
