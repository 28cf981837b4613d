/// What is passed to `setPrivileges`: names of privileges and roles, and a user name
/// (4d-domain §9.2).
package struct PrivilegeOrder: Hashable, Sendable {
  package let privileges: [String]
  package let roles: [String]
  package let userName: String?

  package init(privileges: [String] = [], roles: [String] = [], userName: String? = nil) {
    self.privileges = privileges
    self.roles = roles
    self.userName = userName
  }

  /// Reads one of the forms: a text with one name or several behind commas, a collection of
  /// texts, or an object with `privileges`, `roles` (each a text or a collection) and `userName`.
  ///
  /// - Throws: a sentence for any other value; members that are not known are ignored.
  package init(reading value: JSONValue) throws(PrivilegeOrderFailure) {
    guard let settings = value.object else {
      self.init(privileges: try Self.names(value, of: "setPrivileges"))
      return
    }
    let userName = settings["userName"]
    switch userName {
    case nil, .null, .string: break
    default: throw PrivilegeOrderFailure(text: "\"userName\" is a text.")
    }
    guard userName?.text?.hasControls != true else {
      throw PrivilegeOrderFailure(text: "\"userName\" has no control characters.")
    }
    self.init(
      privileges: try settings["privileges"].map { value throws(PrivilegeOrderFailure) in
        try Self.names(value, of: "\"privileges\"")
      } ?? [],
      roles: try settings["roles"].map { value throws(PrivilegeOrderFailure) in
        try Self.names(value, of: "\"roles\"")
      } ?? [],
      userName: userName?.text
    )
  }

  private static func names(
    _ value: JSONValue,
    of place: String
  ) throws(PrivilegeOrderFailure) -> [String] {
    let texts: [String]
    switch value {
    case .null: texts = []
    case .string(let text): texts = text.split(separator: ",").map(String.init)
    case .array(let elements) where elements.allSatisfy({ $0.text != nil }):
      texts = elements.compactMap(\.text)
    default:
      throw PrivilegeOrderFailure(
        text: "\(place) takes a text or a list of texts with the names of privileges or roles."
      )
    }
    return texts.map(Self.trimmed).filter { !$0.isEmpty }
  }

  private static func trimmed(_ name: String) -> String {
    let inner = name.drop(while: \.isWhitespace)
    guard let last = inner.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(inner[...last])
  }
}

/// A value that `setPrivileges` does not take.
package struct PrivilegeOrderFailure: Error, Hashable, Sendable {
  package let text: String
}
