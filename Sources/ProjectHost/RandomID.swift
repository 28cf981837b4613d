/// Random hexadecimal text of 128 bits, which always has its 32 digits.
package enum RandomID {
  package static func text(using generator: inout some RandomNumberGenerator) -> String {
    (0..<2).map { _ in
      let text = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
  }

  static func text() -> String {
    var generator = SystemRandomNumberGenerator()
    return text(using: &generator)
  }
}
