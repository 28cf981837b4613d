/// The privileges and roles that a session was given, by name.
///
/// Names and not what they stand for, so that a changed `roles.json` counts at once.
package struct PrivilegeGrants: Hashable, Sendable {
  /// Folded for comparison.
  package internal(set) var privileges: Set<String>
  package internal(set) var roles: Set<String>

  /// Nothing, or names that a store has kept: they count as far as the file declares them.
  package init(privileges: [String] = [], roles: [String] = []) {
    self.privileges = Set(privileges.map(Roles.folded))
    self.roles = Set(roles.map(Roles.folded))
  }

  /// These and others together.
  package func union(_ other: PrivilegeGrants) -> PrivilegeGrants {
    var united = self
    united.privileges.formUnion(other.privileges)
    united.roles.formUnion(other.roles)
    return united
  }

  package var isEmpty: Bool { privileges.isEmpty && roles.isEmpty }
}
