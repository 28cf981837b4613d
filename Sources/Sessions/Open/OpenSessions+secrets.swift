/// What must stand in no log.
extension OpenSessions {
  /// A text in which every passcode, pass, token and cookie that is good now is covered.
  package func withoutSecrets(_ text: String) async -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(where: \.isHexDigit) {
      let end = rest[start...].firstIndex { !$0.isHexDigit } ?? rest.endIndex
      let word = rest[start..<end]
      result += rest[..<start]
      result += await isSecret(word) ? "(secret)" : word
      rest = rest[end...]
    }
    return result + rest
  }

  private func isSecret(_ word: Substring) async -> Bool {
    guard word.utf8.count == 32 else { return false }
    // As each was made, and a passcode however it is written.
    let (exact, upper) = (digest(String(word)), digest(word.uppercased()))
    let isOfTable = step { state in
      state.table.hasToken(exact) || state.table.passes[exact] != nil
        || state.table.cookies[exact] != nil
    }
    if isOfTable { return true }
    return await passcodes.has(upper)
  }
}
