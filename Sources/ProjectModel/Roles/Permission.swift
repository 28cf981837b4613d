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

    /// What can be done with such a resource (4d-domain §9.6); who may `promote` is no question of a
    /// web request.
    package var actions: [PermissionAction] {
      switch self {
      case .datastore, .dataclass: [.create, .read, .update, .drop, .execute]
      case .attribute: [.create, .read, .update, .drop]
      case .method, .singleton, .singletonMethod: [.execute]
      }
    }
  }

  package let kind: Kind
  /// `ds`, `Class`, `Class.attribute`, `Class.function`, `ds.function` or `Singleton.function`.
  package let name: String

  package init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  static let datastore = ProtectedResource(.datastore, "ds")
  /// Where a guest signs in.
  static let authentify = ProtectedResource(.method, "ds.authentify")

  /// For comparison: who asks may spell a name otherwise than the file, and must not get around it.
  var folded: ProtectedResource { ProtectedResource(kind, name.lowercased()) }

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
  /// enough; an attribute's permission is needed beside that of its data class, and opens nothing
  /// by itself. Where no level says anything, `restrictedByDefault` does: also for a data class,
  /// one of whose attributes has a permission. Who may not read may not `update` or `drop` either.
  /// With `forceLogin` a guest may execute `ds.authentify`, which is for everybody, and nothing
  /// else (4d-domain §9.6).
  package func allows(
    _ wanted: ResourceAction,
    holding grants: PrivilegeGrants,
    isGuest: Bool
  ) -> Bool {
    let folded = ResourceAction(wanted.action, on: wanted.resource.folded)
    return allows(folded, holding: self.folded(grants), isGuest: isGuest)
  }

  /// The same for a folded resource, and the folded names of privileges with all that they include.
  func allows(_ wanted: ResourceAction, holding names: Set<String>, isGuest: Bool) -> Bool {
    guard !isClosed else { return false }
    let resource = wanted.resource
    if forceLogin {
      if resource == .authentify, wanted.action == .execute { return true }
      guard !isGuest else { return false }
    }
    switch wanted.action {
    case .update, .drop:
      return allows(.read, on: resource, holding: names)
        && allows(wanted.action, on: resource, holding: names)
    default: return allows(wanted.action, on: resource, holding: names)
    }
  }

  private func allows(
    _ action: PermissionAction,
    on resource: ProtectedResource,
    holding held: Set<String>
  ) -> Bool {
    var level: ProtectedResource? = resource
    while let current = level {
      if let names = permissions[current]?[action] {
        guard names.contains(Self.guest) || !names.isDisjoint(with: held) else { return false }
        // That of an attribute is added to that of its data class, and does not replace it.
        if current.kind != .attribute { return true }
      }
      level = current.parent
    }
    return !restrictedByDefault
  }

  /// The folded names of what was given, with all that they include.
  func folded(_ grants: PrivilegeGrants) -> Set<String> {
    Set(names(of: grants).map(Self.folded))
  }
}
