/// Everything that decides what a session may do in web requests.
package struct RightsHolder: Hashable, Sendable {
  let grants: PrivilegeGrants
  /// What single processes have beside; empty ones are not among them.
  let promoted: Set<PrivilegeGrants>
  let isWeb: Bool
  let isSignedIn: Bool

  package init(
    grants: PrivilegeGrants,
    promoted: [PrivilegeGrants],
    isWeb: Bool,
    isSignedIn: Bool
  ) {
    self.grants = grants
    self.promoted = Set(promoted.filter { !$0.isEmpty })
    self.isWeb = isWeb
    self.isSignedIn = isSignedIn
  }

  func isGuest(under roles: Roles) -> Bool {
    isWeb && roles.isGuest(holding: grants, isSignedIn: isSignedIn)
  }
}

/// Which sessions may do something else in web requests after `roles.json` was read again.
///
/// The answers take their time when the file is long. They are kept: who holds a lock asks about
/// those whom it has asked about before.
package struct RightsChange: Sendable {
  private let before: Roles
  private let after: Roles
  /// Everything that the two can answer differently about; found when it is first needed.
  private lazy var questions = Self.questions(before, after)
  /// Few: sessions mostly have the same privileges as others.
  private var known: [RightsHolder: Bool] = [:]
  /// Whether nothing has changed for anybody.
  package let isEmpty: Bool

  package init(from before: Roles, to after: Roles) {
    self.before = before
    self.after = after
    isEmpty = before == after
  }

  package func knows(_ holder: RightsHolder) -> Bool { isEmpty || known[holder] != nil }

  /// Whether the privileges, or anything that they allow, differ for a session.
  package mutating func concerns(_ holder: RightsHolder) -> Bool {
    guard !isEmpty else { return false }
    if let answer = known[holder] { return answer }
    let answer = differs(holder)
    known[holder] = answer
    return answer
  }

  private mutating func differs(_ holder: RightsHolder) -> Bool {
    let (wasGuest, isGuest) = (holder.isGuest(under: before), holder.isGuest(under: after))
    if wasGuest != isGuest { return true }
    for grants in [holder.grants] + holder.promoted.map(holder.grants.union) {
      let names = before.folded(grants)
      if names != after.folded(grants) { return true }
      for question in questions
      where before.allows(question, holding: names, isGuest: isGuest)
        != after.allows(question, holding: names, isGuest: isGuest)
      {
        return true
      }
    }
    return false
  }
}

// MARK: What is asked

extension RightsChange {
  private static func questions(_ before: Roles, _ after: Roles) -> [ResourceAction] {
    let named = Set(before.permissions.keys).union(after.permissions.keys)
    let sameModes =
      before.isClosed == after.isClosed && before.forceLogin == after.forceLogin
      && before.restrictedByDefault == after.restrictedByDefault
    return sameModes ? Array(differing(before, after, named)) : all(named)
  }

  /// Where the permissions differ.
  ///
  /// What inherits them follows, and needs no question, but with `update` and `drop`: who may not
  /// read a data class may read some of its attributes.
  private static func differing(
    _ before: Roles,
    _ after: Roles,
    _ named: Set<ProtectedResource>
  ) -> Set<ResourceAction> {
    var questions: Set<ResourceAction> = []
    var open: [ResourceAction] = []
    for resource in named {
      for action in resource.kind.actions
      where before.permissions[resource]?[action] != after.permissions[resource]?[action] {
        open.append(ResourceAction(action, on: resource))
      }
    }
    guard !open.isEmpty else { return [] }
    let heirs = heirs(of: named)
    while let question = open.popLast() {
      guard questions.insert(question).inserted, [.update, .drop].contains(question.action) else {
        continue
      }
      for heir in heirs[question.resource] ?? [] where heir.kind.actions.contains(question.action) {
        open.append(ResourceAction(question.action, on: heir))
      }
    }
    return questions
  }

  /// What inherits from each resource; a data class that only its attributes name is there, too.
  private static func heirs(
    of named: Set<ProtectedResource>
  ) -> [ProtectedResource: Set<ProtectedResource>] {
    var heirs: [ProtectedResource: Set<ProtectedResource>] = [:]
    for resource in named {
      var level = resource
      while let parent = level.parent, heirs[parent, default: []].insert(level).inserted {
        level = parent
      }
    }
    return heirs
  }

  /// The resources that are named, and of each kind and level one that is not.
  private static func all(_ named: Set<ProtectedResource>) -> [ResourceAction] {
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
