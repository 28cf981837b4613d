/// One intent about the users and groups of a project.
///
/// A user's name is the one that people see: the alias of the Designer and the Administrator, the
/// key of everybody else. `designer` and `administrator` name these two whatever their aliases are.
package enum DirectoryOperation: Hashable, Sendable {
  /// Appends a user without a password; the alias is for `designer` and `administrator` alone.
  case addUser(name: String, alias: String? = nil, startupMethod: String? = nil)
  /// Groups and settings that name the user follow.
  case renameUser(name: String, newName: String)
  /// Takes the user out of all groups too.
  case deleteUser(name: String)
  case setPassword(user: String, password: ClearPassword)
  case clearPassword(user: String)
  /// `nil` or an empty text removes it.
  case setStartupMethod(user: String, method: String?)
  /// Appends a group with the Administrator in it (4d-domain §6.4).
  case addGroup(name: String)
  /// Groups, settings and granters that name the group follow.
  case renameGroup(name: String, newName: String)
  /// Takes all users and groups out of a group.
  case emptyGroup(name: String)
  /// Always refused: groups are never deleted (4d-domain §6.4).
  case deleteGroup(name: String)
  case addMember(DirectoryMember, group: String)
  case removeMember(DirectoryMember, group: String)
  /// `*` is everyone, an empty text nobody.
  case setSetting(key: String, value: String)
  case setRemoteGranter(key: String, group: String)
  /// The schema `DEFAULT_SCHEMA` where none is named.
  case setSQLGranter(schema: String? = nil, key: String, group: String)

  /// The password that must be hashed before the operation can be carried out.
  package var passwordToHash: ClearPassword? {
    if case .setPassword(_, let password) = self { password } else { nil }
  }
}

/// A member of a group.
package enum DirectoryMember: Hashable, Sendable {
  case user(String)
  case group(String)
}
