/// 128 bits of a random source.
package struct RandomBits: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads 32 hexadecimal digits of either case; `nil` for anything else.
  package init?(hex: some StringProtocol) {
    guard hex.utf8.count == 32, hex.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// 32 upper-case hexadecimal digits.
  package var hex: String {
    let halves = [high, low].map { String($0, radix: 16, uppercase: true) }
    return halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
  }
}

/// Where ids, cookies and passcodes come from: nobody may be able to guess what comes next.
package protocol RandomSource: Sendable {
  func bits() -> RandomBits
}

/// The system's generator.
package struct SystemRandomSource: RandomSource {
  package init() {}

  package func bits() -> RandomBits {
    var random = SystemRandomNumberGenerator()
    return RandomBits(high: random.next(), low: random.next())
  }
}
