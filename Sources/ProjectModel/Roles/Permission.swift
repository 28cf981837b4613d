/// What may be done with a resource of the datastore (4d-domain §9.6).
package enum PermissionAction: String, Hashable, Sendable, CaseIterable {
  case read
  case create
  case update
  case drop
  case execute
  case promote
  /// Up to 4D 20; kept so that such files are read.
  case describe
}

/// What a permission applies to, for example the data class `Products` or the method `ds.login`.
package struct ProtectedResource: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case datastore
    case dataclass
    case attribute
    case method
    case singleton
    case singletonMethod
  }

  package let kind: Kind
  /// `ds`, `Class`, `Class.attribute`, `Class.function`, `ds.function` or `Singleton.function`.
  package let name: String

  package init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  static let datastore = ProtectedResource(.datastore, "ds")

  /// What passes its permissions on to this one; `nil` for the datastore.
  var parent: ProtectedResource? {
    let owner = name.split(separator: ".").first.map(String.init) ?? ""
    return switch kind {
    case .datastore: nil
    case .dataclass, .singleton: .datastore
    case .attribute: ProtectedResource(.dataclass, owner)
    case .method: owner == "ds" ? .datastore : ProtectedResource(.dataclass, owner)
    case .singletonMethod: ProtectedResource(.singleton, owner)
    }
  }
}

extension Roles {
  /// Whether a web request whose session holds the grants may act on a resource.
  ///
  /// The nearest level with a permission for the action decides, and one privilege of its list is
  /// enough; an attribute's permission is needed beside that of its data class. Where no level says
  /// anything, `restrictedByDefault` does. `ds.authentify` is for everybody with `forceLogin`
  /// (4d-domain §9.6).
  package func allows(
    _ action: PermissionAction,
    on resource: ProtectedResource,
    holding grants: PrivilegeGrants
  ) -> Bool {
    guard !isClosed else { return false }
    if forceLogin, resource.name == "ds.authentify", action == .execute { return true }
    func holdsOne(of names: [String]) -> Bool {
      names.contains { Self.folded($0) == Self.guest || contains($0, in: grants) }
    }
    var level: ProtectedResource? = resource
    while let current = level {
      let names = permissions[current]?[action] ?? []
      if !names.isEmpty {
        guard holdsOne(of: names) else { return false }
        if current.kind != .attribute { return true }
      }
      level = current.parent
    }
    let ownIsGiven = !(permissions[resource]?[action] ?? []).isEmpty
    return ownIsGiven || !restrictedByDefault
  }
}
