/// A user as the server knows one.
package struct DirectoryUser: Hashable, Sendable {
  /// The two users that every project has; 4D gives them the ids 1 and 2 (4d-domain §6.4).
  package enum BuiltIn: String, Hashable, Sendable, Codable, CaseIterable {
    case designer
    case administrator

    /// The name where the file gives no alias.
    var usualName: String {
      switch self {
      case .designer: "Designer"
      case .administrator: "Administrator"
      }
    }
  }

  /// The alias of a built-in user, the key of everybody else.
  package let name: String
  package let builtIn: BuiltIn?
  package let alias: String?
  /// `nil` without a password; `other` where the file says it twice.
  package let password: StoredPassword?
  package let startupMethod: String?
  let line: Int?
  let passwordLine: Int?

  /// A password is there, but nobody can log in with it.
  package var needsReset: Bool {
    switch password {
    case .legacy, .other: true
    case .bcrypt, nil: false
    }
  }
}
