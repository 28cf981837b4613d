/// Whether a message that comes in pieces is UTF-8, told as soon as it no longer can be.
struct TextCheck {
  /// The beginning of a character, whose rest comes with the next piece.
  private var tail: [UInt8] = []

  /// Takes the next piece.
  ///
  /// - Returns: false when the message is no UTF-8, whatever follows.
  mutating func accepts(_ piece: some Sequence<UInt8>, isLast: Bool) -> Bool {
    let bytes = tail + piece
    tail = []
    if Self.isText(bytes[...]) { return true }
    guard !isLast else { return false }
    // A character has at most four bytes, so three of them can be here already.
    for count in 1...3 where count <= bytes.count && Self.isBeginning(bytes.suffix(count)) {
      guard Self.isText(bytes.dropLast(count)) else { return false }
      tail = Array(bytes.suffix(count))
      return true
    }
    return false
  }

  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  /// Whether the bytes begin a character that has more; the ranges of RFC 3629, section 4.
  private static func isBeginning(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    let second: ClosedRange<UInt8>
    switch first {
    case 0xC2...0xDF: return bytes.count == 1
    case 0xE0: second = 0xA0...0xBF
    case 0xED: second = 0x80...0x9F
    case 0xE1...0xEF: second = 0x80...0xBF
    case 0xF0: second = 0x90...0xBF
    case 0xF1...0xF3: second = 0x80...0xBF
    case 0xF4: second = 0x80...0x8F
    default: return false
    }
    guard bytes.count < (first < 0xF0 ? 3 : 4) else { return false }
    let rest = bytes.dropFirst()
    return rest.first.map(second.contains) != false
      && rest.dropFirst().allSatisfy { (0x80...0xBF).contains($0) }
  }
}
