/// 4D's own discovery datagram: three fields of 32 bytes, padded with zeros (4d-domain §7.2).
///
/// 4D does not document it; this is what was observed.
package struct FourDQuery: Hashable, Sendable {
  /// The two generations of 4D's network layer.
  package enum Era: String, Hashable, Sendable, CaseIterable {
    case serverNet = "4D Server II"
    case quic = "4D Server V"
  }

  package static let size = 96
  static let fieldSize = 32
  /// 4D's own spelling.
  private static let marker = "4DQuicNegociation"

  package let era: Era

  package init(_ era: Era) { self.era = era }

  /// Reads a datagram; `nil` for anything else.
  package init?(_ datagram: [UInt8]) {
    guard datagram.count == Self.size,
      let era = Era.allCases.first(where: { era in
        let service = era.rawValue
        let marker = era == .quic ? Self.marker : ""
        return datagram == Self.fields("", service, marker)
      })
    else { return nil }
    self.era = era
  }

  package var datagram: [UInt8] {
    Self.fields("", era.rawValue, era == .quic ? Self.marker : "")
  }

  private static func fields(_ texts: String...) -> [UInt8] {
    texts.flatMap { text in
      Array(text.utf8) + [UInt8](repeating: 0, count: fieldSize - text.utf8.count)
    }
  }
}
