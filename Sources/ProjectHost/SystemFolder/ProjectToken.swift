import Foundation

/// What proves that a caller is on this machine, in this account (4d-domain §4.1).
package struct ProjectToken: Hashable, Sendable, Codable {
  /// The machine's UUID.
  package let machine: String
  /// The real path of the project's root, or of its archive.
  package let project: String
  /// 32 random bytes as 64 hex digits.
  package let secret: String

  package init(machine: String, project: String, secret: String) {
    self.machine = machine
    self.project = project
    self.secret = secret
  }

  /// Makes a token with a new secret.
  ///
  /// - Parameters:
  ///   - location: the project.
  ///   - stateHome: where the machine's UUID is kept if `/etc/machine-id` has none.
  /// - Throws: `HostError` with code `stateFolder`.
  package init(for location: ProjectLocation, stateHome: String) throws(HostError) {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    machine = try Self.machine(stateHome: stateHome)
    project = location.path
    secret = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The 32 bytes.
  package var secretBytes: [UInt8] {
    let digits = Array(secret)
    return stride(from: 0, to: digits.count - 1, by: 2)
      .compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
  }

  /// - Throws: `HostError` with code `stateFolder`.
  package func write(into folder: SystemFolder) throws(HostError) {
    try PrivateFile.writeJSON(self, to: folder.token)
  }

  /// The token of the running server, or of the last one; `nil` where there is none that is whole.
  package static func read(from folder: SystemFolder) -> ProjectToken? {
    guard let item = PrivateItem(at: folder.token), item.mode & 0o077 == 0,
      let token = PrivateFile.readJSON(ProjectToken.self, from: folder.token),
      token.secret.utf8.count == 64,
      token.secret.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
    else { return nil }
    return token
  }

  private static func machine(stateHome: String) throws(HostError) -> String {
    for path in ["/etc/machine-id", stateHome + "/machine-id"] {
      guard let bytes = PrivateFile.read(path) else { continue }
      let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines
      )
      if text.utf8.count >= 32, text.utf8.count <= 36 { return text }
    }
    let made = UUID().uuidString.lowercased()
    try PrivateFile.write(Array("\(made)\n".utf8), to: stateHome + "/machine-id")
    return made
  }
}

extension PrivateFile {
  static func writeJSON(_ value: some Encodable, to path: String) throws(HostError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      throw HostError(.stateFolder, "\(path) cannot be written: its contents are no JSON")
    }
    try write(Array(data) + [UInt8(ascii: "\n")], to: path)
  }

  static func readJSON<Value: Decodable>(_ type: Value.Type, from path: String) -> Value? {
    read(path).flatMap { try? JSONDecoder().decode(type, from: Data($0)) }
  }
}
