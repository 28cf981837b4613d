/// Hides what looks like a password's hash, wherever in a text it stands.
///
/// 4D writes hashes in one place; a hand edit may put one anywhere, and from there it would reach
/// clients as a name or in a sentence.
enum HiddenHashes {
  static let mark = "…"

  static func hide(in text: String) -> String {
    let bytes = Array(text.utf8)
    var hidden: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if let length = hash(at: at, in: bytes) {
        hidden += Array(mark.utf8)
        at += length
      } else {
        hidden.append(bytes[at])
        at += 1
      }
    }
    return hidden.count == bytes.count ? text : String(decoding: hidden, as: UTF8.self)
  }

  /// The length of the hash that begins there.
  private static func hash(at start: Int, in bytes: [UInt8]) -> Int? {
    if bytes[start] == UInt8(ascii: "$"), start + 60 <= bytes.count,
      StoredPassword.isBcrypt(String(decoding: bytes[start..<start + 60], as: UTF8.self))
    {
      return 60
    }
    // The older form ends with two signs that no name has there.
    guard start + 24 <= bytes.count, bytes[start + 23] == UInt8(ascii: "="),
      StoredPassword.isLegacy(String(decoding: bytes[start..<start + 24], as: UTF8.self))
    else { return nil }
    return 24
  }
}
