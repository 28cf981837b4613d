/// JSON's strings as bytes and as text.
package enum JSONText {
  /// The text of a JSON string with its quotes; U+FFFD stands for what is no character.
  package static func unquoted(_ raw: ArraySlice<UInt8>) -> String {
    let inner = raw.dropFirst().dropLast()
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    var units: [UInt16] = []
    var text = ""
    var plain = inner.startIndex
    var position = inner.startIndex
    // Neighbouring \u escapes are one run, so that a surrogate pair becomes its character.
    func flush() {
      text += String(decoding: units, as: UTF16.self)
      units = []
    }
    while position < inner.endIndex {
      guard inner[position] == UInt8(ascii: "\\"), position + 1 < inner.endIndex else {
        position += 1
        continue
      }
      if plain < position {
        flush()
        text += String(decoding: inner[plain..<position], as: UTF8.self)
      }
      let (unit, length) = escape(inner[(position + 1)...])
      units.append(unit)
      position += length
      plain = position
    }
    flush()
    return text + String(decoding: inner[min(plain, inner.endIndex)...], as: UTF8.self)
  }

  /// The UTF-16 unit of an escape behind its backslash, and the length with the backslash.
  private static func escape(_ rest: ArraySlice<UInt8>) -> (unit: UInt16, length: Int) {
    switch rest.first {
    case UInt8(ascii: "b"): (0x08, 2)
    case UInt8(ascii: "f"): (0x0C, 2)
    case UInt8(ascii: "n"): (0x0A, 2)
    case UInt8(ascii: "r"): (0x0D, 2)
    case UInt8(ascii: "t"): (0x09, 2)
    case UInt8(ascii: "u"):
      (UInt16(String(decoding: rest.dropFirst().prefix(4), as: UTF8.self), radix: 16) ?? 0xFFFD, 6)
    case let byte: (UInt16(byte ?? 0), 2)
    }
  }

  /// The string as 4D writes one: other languages' letters stay, control characters are escaped.
  package static func quoted(_ text: String) -> [UInt8] {
    var bytes = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: bytes += "\\b".utf8
      case 0x09: bytes += "\\t".utf8
      case 0x0A: bytes += "\\n".utf8
      case 0x0C: bytes += "\\f".utf8
      case 0x0D: bytes += "\\r".utf8
      case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return bytes
  }

  /// How many bytes `quoted` makes.
  package static func quotedCount(_ text: String) -> Int {
    text.utf8.reduce(2) { count, byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: count + 2
      case 0..<0x20: count + 6
      default: count + 1
      }
    }
  }

  /// Whether two keys of 4D's own are one: the files of 4D 18 spell them `LikeThis`.
  package static func isSameKey(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count
      && zip(one.utf8, other.utf8).allSatisfy { lowered($0) == lowered($1) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
