/// Which sessions may do something else in web requests after `roles.json` was read again.
package struct RightsChange {
  /// Everything that decides what a session may do.
  private struct Holder: Hashable {
    let grants: PrivilegeGrants
    let wasGuest: Bool
    let isGuest: Bool
  }

  private let before: Roles
  private let after: Roles
  /// Everything that one of the two can answer differently about.
  private let questions: [ResourceAction]
  /// Few: sessions mostly have the same privileges as others.
  private var known: [Holder: Bool] = [:]

  package init(from before: Roles, to after: Roles) {
    self.before = before
    self.after = after
    let samePermissions =
      before.permissions == after.permissions && before.isClosed == after.isClosed
      && before.restrictedByDefault == after.restrictedByDefault
      && before.forceLogin == after.forceLogin
    // Which privileges a session has, and whether it is a guest, is looked at besides.
    questions =
      samePermissions
      ? [] : Self.questions(Set(before.permissions.keys).union(after.permissions.keys))
  }

  /// Whether the privileges, or anything that they allow, differ for a session with these grants.
  package mutating func concerns(
    _ grants: PrivilegeGrants,
    wasGuest: Bool,
    isGuest: Bool
  ) -> Bool {
    let holder = Holder(grants: grants, wasGuest: wasGuest, isGuest: isGuest)
    if let answer = known[holder] { return answer }
    let answer = differs(holder)
    known[holder] = answer
    return answer
  }

  private func differs(_ holder: Holder) -> Bool {
    func names(_ roles: Roles) -> Set<String> {
      Set(roles.names(of: holder.grants).map(Roles.folded))
    }
    let (old, new) = (names(before), names(after))
    if old != new || holder.wasGuest != holder.isGuest { return true }
    return questions.contains { question in
      before.allows(question, holding: old, isGuest: holder.wasGuest)
        != after.allows(question, holding: new, isGuest: holder.isGuest)
    }
  }

  /// The resources that are named, and of each kind and level one that is not.
  private static func questions(_ named: Set<ProtectedResource>) -> [ResourceAction] {
    let other = "?"
    var resources = named
    resources.formUnion([.datastore, .authentify])
    for owner in ["ds", other] { resources.insert(ProtectedResource(.method, "\(owner).\(other)")) }
    resources.insert(ProtectedResource(.dataclass, other))
    resources.insert(ProtectedResource(.singleton, other))
    for resource in resources {
      switch resource.kind {
      case .dataclass:
        resources.insert(ProtectedResource(.attribute, "\(resource.name).\(other)"))
        resources.insert(ProtectedResource(.method, "\(resource.name).\(other)"))
      case .singleton:
        resources.insert(ProtectedResource(.singletonMethod, "\(resource.name).\(other)"))
      case .datastore, .attribute, .method, .singletonMethod: break
      }
    }
    return resources.flatMap { resource in
      resource.kind.actions.map { ResourceAction($0, on: resource) }
    }
  }
}
