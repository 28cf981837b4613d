/// The id of a session: 32 upper-case hexadecimal digits, as 4D shows them (4d-domain §9.2).
package struct SessionID: Hashable, Sendable {
  package let text: String

  /// A new random id.
  package init(using random: inout some RandomNumberGenerator) {
    let halves = (0..<2).map { _ in String(random.next() as UInt64, radix: 16, uppercase: true) }
    text = halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
  }
}

extension SessionID: CustomStringConvertible {
  package var description: String { text }
}
