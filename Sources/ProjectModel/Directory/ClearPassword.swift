/// A password as somebody typed it, on its way to be hashed; no description of it shows it.
package struct ClearPassword: Hashable, Sendable {
  /// bcrypt takes no more into account (4d-domain §6.3).
  package static let mostBytes = 72

  package let utf8: [UInt8]

  package init(_ text: String) { utf8 = Array(text.utf8) }

  /// Why it cannot be a user's new password; `nil` when it can.
  package var refusal: String? {
    if utf8.isEmpty { return "the password is empty: remove it with clear-password instead" }
    if utf8.count > Self.mostBytes {
      return "the password is longer than \(Self.mostBytes) bytes, which is all that is hashed"
    }
    return utf8.contains(0) ? "the password contains a NUL character" : nil
  }
}

extension ClearPassword: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(String(decoding: utf8, as: UTF8.self))
  }
}

extension ClearPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "…" }
  package var debugDescription: String { "…" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
