/// Checks bytes against RFC 8259, for the line of the first error and nothing else.
///
/// Foundation's parsers report no dependable line and would build the whole value; a project has
/// thousands of these files and only the broken one matters.
package struct JSONSyntax {
  package struct Failure: Error, Hashable, Sendable {
    /// Counted from 1.
    package let line: Int
    package let text: String
  }

  private static let deepest = 512

  private let bytes: [UInt8]
  private var position = 0

  /// Throws the first place where `bytes`, after an optional UTF-8 byte order mark, is not JSON.
  package static func check(_ bytes: [UInt8]) throws(Failure) {
    var scanner = JSONSyntax(bytes: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.position = 3 }
    scanner.skipSpace()
    if scanner.position == bytes.count { throw scanner.failure("it is empty") }
    try scanner.value(depth: 0)
    scanner.skipSpace()
    if scanner.position < bytes.count { throw scanner.failure("text follows the JSON value") }
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func failure(_ text: String) -> Failure {
    let newlines = bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    return Failure(line: newlines + 1, text: text)
  }

  private func unexpected(_ wanted: String) -> Failure {
    guard let current else { return failure("the text ends where \(wanted) should be") }
    let shown =
      current > 0x20 && current < 0x7F ? "'\(Character(Unicode.Scalar(current)))'" : "a byte"
    return failure("\(shown) stands where \(wanted) should be")
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func value(depth: Int) throws(Failure) {
    if depth > Self.deepest { throw failure("values are nested more than \(Self.deepest) deep") }
    switch current {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: try number()
    }
  }

  private mutating func object(depth: Int) throws(Failure) {
    position += 1
    skipSpace()
    if current == UInt8(ascii: "}") { return position += 1 }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw unexpected("a quoted name") }
      try string()
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw unexpected("':'") }
      position += 1
      skipSpace()
      try value(depth: depth + 1)
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"): return position += 1
      default: throw unexpected("',' or '}'")
      }
    }
  }

  private mutating func array(depth: Int) throws(Failure) {
    position += 1
    skipSpace()
    if current == UInt8(ascii: "]") { return position += 1 }
    while true {
      skipSpace()
      try value(depth: depth + 1)
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"): return position += 1
      default: throw unexpected("',' or ']'")
      }
    }
  }

  private mutating func string() throws(Failure) {
    position += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""): return position += 1
      case UInt8(ascii: "\\"): try escape()
      case 0..<0x20: throw failure("a control character stands in a string unescaped")
      default: position += 1
      }
    }
    throw failure("a string is not closed")
  }

  private mutating func escape() throws(Failure) {
    position += 1
    guard let byte = current else { throw failure("a string is not closed") }
    position += 1
    if "\"\\/bfnrt".utf8.contains(byte) { return }
    guard byte == UInt8(ascii: "u") else { throw failure("an unknown escape stands in a string") }
    for _ in 0..<4 {
      guard let digit = current, Character(Unicode.Scalar(digit)).isHexDigit else {
        throw failure("\\u needs four hexadecimal digits")
      }
      position += 1
    }
  }

  private mutating func literal(_ word: StaticString) throws(Failure) {
    let word = Array("\(word)".utf8)
    guard bytes[position...].starts(with: word) else { throw unexpected("a value") }
    position += word.count
  }

  private mutating func number() throws(Failure) {
    if current == UInt8(ascii: "-") { position += 1 }
    switch current {
    case UInt8(ascii: "0"): position += 1
    case .some(UInt8(ascii: "1")...UInt8(ascii: "9")): skipDigits()
    default: throw unexpected("a value")
    }
    if current == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
  }

  private mutating func digits() throws(Failure) {
    let start = position
    skipDigits()
    if position == start { throw unexpected("a digit") }
  }

  private mutating func skipDigits() {
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
  }
}
