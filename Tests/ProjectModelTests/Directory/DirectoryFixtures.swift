import ProjectModel

/// Directories as 4D writes them, and what tests do with them.
enum DirectoryFixture {
  static let path = ProjectPath("Settings/directory.json")
  /// The shapes of hashes; they belong to no password.
  static let bcrypt = "$2b$04$" + String(repeating: "Fix", count: 17) + "eu"
  static let otherBcrypt = "$2y$10$" + String(repeating: "Oth", count: 17) + "er"
  static let legacy = "AAECAwQFBgcICQoLDA0ODw=="

  static var recent: String {
    """
    {
    \t"users": {
    \t\t"designer": {
    \t\t\t"password": "\(bcrypt)",
    \t\t\t"alias": "Designer"
    \t\t},
    \t\t"administrator": {
    \t\t\t"alias": "Boss"
    \t\t},
    \t\t"Gérald": {
    \t\t\t"password": "\(legacy)"
    \t\t},
    \t\t"Zoé": {},
    \t\t"Olivier": {
    \t\t\t"startupMethod": "Start_Olivier",
    \t\t\t"shoeSize": 43
    \t\t}
    \t},
    \t"groups": {
    \t\t"Engineers": {
    \t\t\t"users": [
    \t\t\t\t"Designer",
    \t\t\t\t"Boss",
    \t\t\t\t"Gérald"
    \t\t\t]
    \t\t},
    \t\t"Secret": {
    \t\t\t"users": [
    \t\t\t\t"Olivier"
    \t\t\t],
    \t\t\t"groups": [
    \t\t\t\t"Engineers"
    \t\t\t]
    \t\t},
    \t\t"Nobody": {}
    \t},
    \t"sqlSchemaGranters": {
    \t\t"DEFAULT_SCHEMA": {
    \t\t\t"readOnlyAccessGroup": "*",
    \t\t\t"readWriteAccessGroup": "Secret",
    \t\t\t"allAccessGroup": ""
    \t\t}
    \t},
    \t"remoteGranters": {
    \t\t"web": "Engineers",
    \t\t"soap": "*"
    \t},
    \t"settings": {
    \t\t"localGenericWebUser": "Designer",
    \t\t"designAccessGroup": "Secret",
    \t\t"localMobileAccessGroupRW": "*",
    \t\t"remoteMobileAccessGroupRW": "*",
    \t\t"remoteGenericWebUser": "Olivier",
    \t\t"remoteDefaultUser": ""
    \t},
    \t"plugIn": [1, 2.50, {"a":null}]
    }
    """
  }

  /// As 4D 18 wrote it on Windows: byte order mark, CRLF, other spelling.
  static var eighteen: String {
    let text = """
      {
      \t"users": {
      \t\t"designer": {
      \t\t\t"password": "\(legacy)",
      \t\t\t"alias": "Super_Utilisateur"
      \t\t},
      \t\t"administrator": {
      \t\t\t"alias": "Administrateur"
      \t\t}
      \t},
      \t"sqlSchemaGranters": {
      \t\t"DEFAULT_SCHEMA": {
      \t\t\t"ReadOnlyAccessGroup": "*"
      \t\t}
      \t},
      \t"settings": {
      \t\t"LocalGenericWebUser": "Super_Utilisateur",
      \t\t"DesignAccessGroup": "*"
      \t}
      }
      """
    return "\u{FEFF}" + text.split(separator: "\n").joined(separator: "\r\n")
  }

  static func document(_ text: String) throws -> DirectoryDocument {
    try DirectoryDocument(parsing: Array(text.utf8), at: path)
  }
}

extension DirectoryDocument {
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Carries out operations whose passwords have no other hash.
  func edited(
    _ operations: DirectoryOperation...,
    hash: String? = nil
  ) throws(RefusedEdit) -> DirectoryDocument {
    let hashes = operations.indices.compactMap { index in hash.map { (index, $0) } }
    return try applying(operations, in: PasswordHashes(Dictionary(uniqueKeysWithValues: hashes)))
  }

  /// The rules for which operations are refused; none where they are done.
  func refusals(_ operations: DirectoryOperation..., hash: String? = nil) -> [String] {
    let hashes = operations.indices.compactMap { index in hash.map { (index, $0) } }
    do throws(RefusedEdit) {
      _ = try applying(operations, in: PasswordHashes(Dictionary(uniqueKeysWithValues: hashes)))
      return []
    } catch {
      return error.problems.map(\.rule)
    }
  }
}

/// The lines that one text has and another has not, as a diff shows them.
func changedLines(from old: String, to new: String) -> [String] {
  func lines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false) { $0.isNewline }
  }
  return lines(new).difference(from: lines(old)).map { change in
    switch change {
    case .remove(_, let line, _): "-" + line
    case .insert(_, let line, _): "+" + line
    }
  }
}

/// The same numbers for the same seed, on every machine.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
