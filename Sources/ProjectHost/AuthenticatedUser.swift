/// A user of `directory.json` whose password was right.
package struct AuthenticatedUser: Hashable, Sendable {
  package let name: String
  /// Has a password and belongs to the group of `settings.designAccessGroup`.
  package let mayDevelop: Bool

  package init(name: String, mayDevelop: Bool) {
    self.name = name
    self.mayDevelop = mayDevelop
  }
}
