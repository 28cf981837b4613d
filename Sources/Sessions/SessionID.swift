/// The id of a session: 128 random bits, shown as 32 upper-case hexadecimal digits as in 4D
/// (4d-domain §9.2).
///
/// It names a session and proves nothing.
package struct SessionID: Hashable, Sendable {
  private let bits: RandomBits

  /// A new random id.
  package init(using random: inout some RandomNumberGenerator) {
    bits = RandomBits(high: random.next(), low: random.next())
  }

  package init(_ bits: RandomBits) { self.bits = bits }

  /// Reads an id as it is shown; `nil` for anything else.
  package init?(text: some StringProtocol) {
    guard let bits = RandomBits(hex: text) else { return nil }
    self.bits = bits
  }

  package var text: String { bits.hex }
}

extension SessionID: CustomStringConvertible {
  package var description: String { text }
}
