/// What must stand in no log.
extension OpenSessions {
  /// Passcodes, passes, tokens and cookies are so many hexadecimal digits.
  private static let digits = 32

  /// A text in which every passcode, pass, token and cookie that is good now is covered, whatever
  /// stands beside it.
  package func withoutSecrets(_ text: String) async -> String {
    let bytes = Array(text.utf8)
    var covered: [UInt8] = []
    var (index, runEnd) = (0, 0)
    while index < bytes.count {
      if runEnd <= index {
        runEnd = bytes[index...].firstIndex { !Self.isDigit($0) } ?? bytes.count
      }
      let end = index + Self.digits
      if end <= runEnd, await isSecret(bytes[index..<end]) {
        covered += "(secret)".utf8
        index = end
      } else {
        covered.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: covered, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }

  private func isSecret(_ word: ArraySlice<UInt8>) async -> Bool {
    // As each was made, and a passcode however it is written.
    let text = String(decoding: word, as: UTF8.self)
    let exact = digest(text)
    let isOfTable = step { state in
      state.table.hasToken(exact) || state.table.passes[exact] != nil
        || state.table.cookies[exact] != nil
    }
    if isOfTable { return true }
    return await passcodes.has(digest(text.uppercased()))
  }
}
