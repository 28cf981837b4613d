/// The users and groups of a project as clients see them: everything but the hashes.
package struct DirectoryView: Hashable, Sendable, Codable {
  package struct User: Hashable, Sendable, Codable {
    /// The name that groups, settings and people use: the alias of the two built-in users.
    package let name: String
    /// `designer` or `administrator`; `nil` for everybody else.
    package let builtIn: DirectoryUser.BuiltIn?
    /// The alias as the file has it.
    package let alias: String?
    package let hasPassword: Bool
    package let passwordForm: PasswordForm
    /// The password is kept but nobody can log in with it until it is set again.
    package let needsReset: Bool
    package let startupMethod: String?
  }

  package enum PasswordForm: String, Hashable, Sendable, Codable {
    case bcrypt
    /// The 24 characters of 4D before 19 R3.
    case legacy
    /// Something that is no hash.
    case other
    case none
  }

  package struct Group: Hashable, Sendable, Codable {
    package let name: String
    package let users: [String]
    package let groups: [String]
  }

  /// In file order, which is the order of 4D's ids.
  package let users: [User]
  /// In file order, which is the order of 4D's ids.
  package let groups: [Group]
  /// Keys in 4D's present spelling, whatever the file's.
  package let settings: [String: String]
  package let remoteGranters: [String: String]
  /// By schema, then by right.
  package let sqlSchemaGranters: [String: [String: String]]
}

extension DirectoryView {
  init(_ content: DirectoryContent) {
    let hide = HiddenHashes.hide
    users = content.users.map { user in
      User(
        name: hide(user.name),
        builtIn: user.builtIn,
        alias: user.alias.map(hide),
        hasPassword: user.password != nil,
        passwordForm: Self.form(of: user.password),
        needsReset: user.needsReset,
        startupMethod: user.startupMethod.map(hide)
      )
    }
    groups = content.groups.map { group in
      Group(
        name: hide(group.name),
        users: group.users.map { hide($0.text) },
        groups: group.groups.map { hide($0.text) }
      )
    }
    func values(_ entries: [DirectoryContent.Entry]) -> [String: String] {
      Dictionary(entries.map { (hide($0.key), hide($0.value)) }) { _, last in last }
    }
    settings = values(content.settings)
    remoteGranters = values(content.remoteGranters)
    sqlSchemaGranters = Dictionary(grouping: content.sqlGranters) { hide($0.schema) }
      .mapValues { values($0.map(\.entry)) }
  }

  private static func form(of password: StoredPassword?) -> PasswordForm {
    switch password {
    case .bcrypt: .bcrypt
    case .legacy: .legacy
    case .other: .other
    case nil: .none
    }
  }
}
