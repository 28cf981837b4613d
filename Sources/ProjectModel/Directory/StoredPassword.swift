/// What `directory.json` holds as a user's password (4d-domain §6.3); no description shows it.
package enum StoredPassword: Hashable, Sendable {
  /// `$2a$`, `$2b$` or `$2y$`: since 4D 19 R3.
  case bcrypt(String)
  /// The 24 characters of older versions; kept, but nobody logs in with it until it is set again.
  case legacy
  /// No hash at all, for example the `*` that a client's Set user properties left (ACI0104721).
  case other

  package init(_ text: String) {
    self = Self.isBcrypt(text) ? .bcrypt(text) : Self.isLegacy(text) ? .legacy : .other
  }

  /// Whether a text has the shape of a bcrypt hash, its cost within what bcrypt knows.
  package static func isBcrypt(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 60, bytes.starts(with: "$2".utf8), "aby".utf8.contains(bytes[2]),
      bytes[3] == UInt8(ascii: "$"), bytes[6] == UInt8(ascii: "$"),
      let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)), (4...31).contains(cost)
    else { return false }
    return bytes[7...].allSatisfy { isLetterOrDigit($0) || "./".utf8.contains($0) }
  }

  /// Whether a text is base64 of 16 bytes.
  package static func isLegacy(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 24 && bytes.hasSuffix("==")
      && bytes.dropLast(2).allSatisfy { isLetterOrDigit($0) || "+/".utf8.contains($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
      || (0x41...0x5A).contains(byte & 0xDF)
        && (0x41...0x7A).contains(byte)
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}

extension StoredPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    switch self {
    case .bcrypt: "bcrypt"
    case .legacy: "legacy"
    case .other: "other"
    }
  }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
