/// The privileges and roles of a project, as its `roles.json` declares them (4d-domain §9.6).
///
/// Names are compared without regard to case. Privileges restrict web requests only.
package struct Roles: Hashable, Sendable {
  struct Privilege: Hashable, Sendable {
    /// As it is spelled in the file.
    let name: String
    /// Places in `privileges`; may lead in a circle.
    let includes: [Int]
  }

  /// The name that 4D keeps for itself: only `setPrivileges` gives it, by its own name.
  package static let webAdmin = "WebAdmin"
  /// The name that a permission gives to everybody, guests too.
  package static let guest = "guest"

  /// Without a readable `roles.json`: nobody has a privilege and every web session is a guest.
  ///
  /// 4D opens everything then; a server that people rely on must not.
  package static let closed = Roles(
    privileges: [],
    roles: [:],
    permissions: [:],
    forceLogin: true,
    restrictedByDefault: true,
    isClosed: true
  )

  /// A web session is a guest until privileges are set; otherwise as long as it has none.
  package let forceLogin: Bool
  /// What no permission mentions is refused.
  package let restrictedByDefault: Bool
  package let isClosed: Bool
  private let privileges: [Privilege]
  private let indices: [String: Int]
  /// By folded name: places in `privileges`.
  private let roles: [String: [Int]]
  /// By folded resource, the folded names of privileges; a list without a name is no permission.
  let permissions: [ProtectedResource: [PermissionAction: Set<String>]]

  init(
    privileges: [Privilege],
    roles: [String: [Int]],
    permissions: [ProtectedResource: [PermissionAction: Set<String>]],
    forceLogin: Bool,
    restrictedByDefault: Bool,
    isClosed: Bool = false
  ) {
    self.privileges = privileges
    self.roles = roles
    self.permissions = permissions
    self.forceLogin = forceLogin
    self.restrictedByDefault = restrictedByDefault
    self.isClosed = isClosed
    indices = Dictionary(
      zip(privileges.map { Self.folded($0.name) }, privileges.indices),
      uniquingKeysWith: { first, _ in first }
    )
  }

  static func folded(_ name: String) -> String { name.lowercased() }

  /// Whether a name is the one that everybody has.
  package static func isGuest(_ name: String) -> Bool { folded(name) == guest }

  /// Whether `roles.json` declares a privilege; the reserved name is none of its own.
  package func declares(privilege name: String) -> Bool { indices[Self.folded(name)] != nil }

  /// Adds names to what a session was given; those that are not declared are ignored.
  package func grant(_ order: PrivilegeOrder, to grants: inout PrivilegeGrants) {
    guard !isClosed else { return }
    for name in order.privileges.map(Self.folded)
    where indices[name] != nil || name == Self.folded(Self.webAdmin) {
      grants.privileges.insert(name)
    }
    for name in order.roles.map(Self.folded) where roles[name] != nil { grants.roles.insert(name) }
  }

  /// Whether what was given contains a privilege, directly, through a role or through another.
  package func contains(_ name: String, in grants: PrivilegeGrants) -> Bool {
    let wanted = Self.folded(name)
    if wanted == Self.folded(Self.webAdmin) {
      return !isClosed && grants.privileges.contains(wanted)
    }
    guard let index = indices[wanted] else { return false }
    return places(of: grants).contains(index)
  }

  /// The privileges that were given and all that they include, in the order of the file.
  package func names(of grants: PrivilegeGrants) -> [String] {
    var names = places(of: grants).sorted().map { privileges[$0].name }
    if contains(Self.webAdmin, in: grants) { names.append(Self.webAdmin) }
    return names
  }

  /// Whether a web session is a guest: nobody has signed in to it, which `forceLogin` asks for, or it
  /// has no privilege.
  package func isGuest(holding grants: PrivilegeGrants, isSignedIn: Bool) -> Bool {
    if isClosed { return true }
    return forceLogin ? !isSignedIn : names(of: grants).isEmpty
  }

  private func places(of grants: PrivilegeGrants) -> Set<Int> {
    var open = grants.privileges.compactMap { indices[$0] }
    open += grants.roles.flatMap { roles[$0] ?? [] }
    var places: Set<Int> = []
    while let place = open.popLast() {
      if places.insert(place).inserted { open += privileges[place].includes }
    }
    return places
  }
}
