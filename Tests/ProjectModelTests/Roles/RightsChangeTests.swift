import ProjectModel
import Testing

/// What a changed `roles.json` means for whom, held against every question that can be asked.
@Suite struct RightsChangeTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private typealias Resource = (type: String, name: String)

  private static let named: [Resource] = [
    ("datastore", "ds"), ("dataclass", "A"), ("attribute", "A.x"), ("attribute", "B.y"),
    ("method", "A.f"), ("method", "ds.authentify"), ("singleton", "S"), ("singletonMethod", "S.f"),
  ]
  private static let others: [Resource] = [
    ("dataclass", "B"), ("dataclass", "C"), ("attribute", "A.z"), ("attribute", "C.z"),
    ("method", "A.g"), ("method", "C.g"), ("method", "ds.g"), ("singleton", "T"),
    ("singletonMethod", "S.g"), ("singletonMethod", "T.g"),
  ]
  private static let actions = ["create", "read", "update", "drop", "execute"]

  private static let questions = (named + others).flatMap { resource in
    actions.compactMap { action in
      try? ResourceAction(action: action, resource: "\(resource.type):\(resource.name)")
    }
  }

  /// A file in which each permission says who may, or is not there.
  private struct Draft {
    var lists: [[String?]]
    var isRestricted: Bool
    var forceLogin: Bool
    var includes: Bool

    init(_ random: inout Random) {
      lists = RightsChangeTests.named.map { _ in
        RightsChangeTests.actions.map { _ in Self.list(&random) }
      }
      isRestricted = .random(using: &random)
      forceLogin = .random(using: &random)
      includes = .random(using: &random)
    }

    private static func list(_ random: inout Random) -> String? {
      [nil, nil, #""a""#, #""b""#, #""a","b""#, #""guest""#].randomElement(using: &random) ?? nil
    }

    /// Mostly a permission or two, seldom a mode.
    mutating func change(_ random: inout Random) {
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let (resource, action) = (
          Int.random(in: lists.indices, using: &random), Int.random(in: 0..<5, using: &random)
        )
        lists[resource][action] = Self.list(&random)
      }
      switch Int.random(in: 0..<12, using: &random) {
      case 0: isRestricted.toggle()
      case 1: forceLogin.toggle()
      case 2: includes.toggle()
      default: break
      }
    }

    var roles: Roles {
      let allowed = zip(RightsChangeTests.named, lists).map { resource, lists in
        let members = zip(RightsChangeTests.actions, lists).compactMap { action, list in
          list.map { "\"\(action)\": [\($0)]" }
        }
        let head = "\"applyTo\": \"\(resource.name)\", \"type\": \"\(resource.type)\""
        return "{" + ([head] + members).joined(separator: ", ") + "}"
      }
      let file = """
        {"privileges": [{"privilege": "a"}, {"privilege": "b", "includes": [\(includes ? "\"a\"" : "")]}],
         "permissions": {"allowed": [\(allowed.joined(separator: ",\n"))]},
         "restrictedByDefault": \(isRestricted), "forceLogin": \(forceLogin)}
        """
      var inForce = RolesInForce()
      inForce.read(Array(file.utf8))
      return inForce.roles
    }
  }

  @Test func itConcernsWhomeverSomeQuestionConcerns() {
    var random = Random(state: 1)
    var counts: [Bool: Int] = [:]
    for round in 0..<120 {
      var draft = Draft(&random)
      let before = draft.roles
      draft.change(&random)
      let after = draft.roles
      var change = RightsChange(from: before, to: after)
      for (privileges, promoted) in [([], []), (["a"], []), (["b"], []), (["a"], ["b"])] {
        for (isWeb, isSignedIn) in [(false, false), (true, false), (true, true)] {
          let grants = PrivilegeGrants(privileges: privileges)
          let more = PrivilegeGrants(privileges: promoted)
          let expected = [grants, grants.union(more)].contains { held in
            Self.differs(before, after, grants, held, isWeb, isSignedIn)
          }
          let holder = RightsHolder(
            grants: grants,
            promoted: [more],
            isWeb: isWeb,
            isSignedIn: isSignedIn
          )
          #expect(change.concerns(holder) == expected, "\(round) \(holder)")
          #expect(change.knows(holder))
          counts[expected, default: 0] += 1
        }
      }
    }
    #expect(counts.count == 2 && counts.values.allSatisfy { $0 > 100 })
  }

  @Test func whoMayReadALevelBelowMayChangeIt() {
    func roles(_ update: String) -> Roles {
      var inForce = RolesInForce()
      let file = #"""
        {"privileges": [{"privilege": "a"}, {"privilege": "b"}], "permissions": {"allowed": [
          {"applyTo": "ds", "type": "datastore", "read": ["a"], "update": ["\#(update)"]},
          {"applyTo": "Books", "type": "dataclass", "read": ["b"]}]}}
        """#
      inForce.read(Array(file.utf8))
      return inForce.roles
    }
    func concerned(_ before: String, _ after: String) -> [String] {
      var change = RightsChange(from: roles(before), to: roles(after))
      return ["a", "b", "c"].filter { name in
        let grants = PrivilegeGrants(privileges: [name])
        return change.concerns(
          RightsHolder(grants: grants, promoted: [], isWeb: true, isSignedIn: true)
        )
      }
    }
    // The data class takes `update` from the datastore, which the reader of the former cannot read.
    #expect(concerned("c", "b") == ["b"])
    #expect(concerned("a", "b") == ["a", "b"])
    #expect(concerned("a", "c") == ["a"])
    #expect(concerned("b", "B") == [])
  }

  private static func differs(
    _ before: Roles,
    _ after: Roles,
    _ own: PrivilegeGrants,
    _ held: PrivilegeGrants,
    _ isWeb: Bool,
    _ isSignedIn: Bool
  ) -> Bool {
    func isGuest(_ roles: Roles) -> Bool {
      isWeb && roles.isGuest(holding: own, isSignedIn: isSignedIn)
    }
    return before.names(of: held) != after.names(of: held) || isGuest(before) != isGuest(after)
      || questions.contains { question in
        before.allows(question, holding: held, isGuest: isGuest(before))
          != after.allows(question, holding: held, isGuest: isGuest(after))
      }
  }
}
