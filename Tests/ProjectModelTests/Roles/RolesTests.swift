import ProjectModel
import Testing

@Suite struct RolesTests {
  private func read(_ text: String) -> RolesInForce {
    var roles = RolesInForce()
    roles.read(Array(text.utf8))
    return roles
  }

  private func grants(_ roles: Roles, _ privileges: [String], roles names: [String] = [])
    -> PrivilegeGrants
  {
    var grants = PrivilegeGrants()
    roles.grant(PrivilegeOrder(privileges: privileges, roles: names), to: &grants)
    return grants
  }

  @Test func includesMayGoInACircle() {
    let roles = read(
      #"""
      {"privileges": [{"privilege": "a", "includes": ["b"]}, {"privilege": "b", "includes": ["C"]},
        {"privilege": "c", "includes": ["a", "c"]}, {"privilege": "d"}], "permissions": {}}
      """#
    ).roles
    #expect(roles.names(of: grants(roles, ["B"])) == ["a", "b", "c"])
    #expect(!roles.contains("d", in: grants(roles, ["a"])))
  }

  @Test func unknownNamesAreLeftOutAndReported() {
    let read = read(
      """
      {"privileges": [{"privilege": "a", "includes": ["nowhere", "guest", 5]}, {"includes": []},
        {"privilege": "A", "includes": ["b"]}, {"privilege": "b", "includes": {}},
        {"privilege": "c", "includes": "a"}],
       "roles": [{"role": "r", "privileges": ["b", "lost"]}, 7],
       "permissions": {"allowed": []}}
      """
    )
    #expect(read.condition == .good)
    #expect(
      read.problems.map { "\($0.rule) \($0.line ?? 0)" }.sorted() == [
        "roles-duplicate-name 2", "roles-malformed 1", "roles-malformed 1", "roles-malformed 2",
        "roles-malformed 4", "roles-unknown-name 1", "roles-unknown-name 4",
      ]
    )
    let given = grants(read.roles, ["A", "nowhere"], roles: ["R", "s"])
    #expect(read.roles.names(of: given) == ["a", "b"])
    // A text is a list of one.
    #expect(read.roles.names(of: grants(read.roles, ["c"])) == ["a", "b", "c"])
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"privileges": []}"#, #"{"permissions": {}}"#,
    #"{"privileges": {}, "permissions": {}}"#, #"{"privileges": [], "permissions": []}"#,
    #"{"privileges": [], "permissions": {"allowed": {}}}"#,
    #"{"privileges": [], "permissions": {"allowed": [{"type": "method"}]}}"#,
    #"{"privileges": [], "permissions": {"allowed": [{"applyTo": "ds", "type": "all"}]}}"#,
    #"{"privileges": [], "permissions": {"allowed": [{"applyTo":"A","type":"dataclass","read":true}]}}"#,
    #"{"privileges": [], "permissions": {"allowed": [{"applyTo":"A","type":"dataclass","read":[1]}]}}"#,
    #"{"privileges": [], "permissions": {}, "forceLogin": "yes"}"#,
    #"{"privileges": [], "permissions": {}, "restrictedByDefault": 1}"#,
  ])
  func brokenFilesOpenNothing(text: String) {
    let first = read(text)
    #expect(first.condition == .broken && first.roles.isClosed && first.problems.count == 1)
    var later = read(#"{"privileges": [{"privilege": "a"}], "permissions": {}}"#)
    later.read(Array(text.utf8))
    #expect(later.condition == .kept && later.roles.declares(privilege: "A"))
    later.read(nil)
    #expect(later.condition == .missing && later.roles.isClosed)
    later.read(Array(text.utf8))
    #expect(later.condition == .broken && later.roles.isClosed)
  }

  @Test func aByteOrderMarkAndTheSpellingOf18AreRead() {
    let roles = read("\u{FEFF}{\"Privileges\": [{\"Privilege\": \"a\"}], \"Permissions\": {}}")
    #expect(roles.condition == .good && roles.roles.declares(privilege: "a"))
    #expect(!roles.roles.forceLogin && !roles.roles.restrictedByDefault)
  }

  @Test func theNearestPermissionDecides() {
    let text = #"""
      {"privileges": [{"privilege": "none"}, {"privilege": "general"}, {"privilege": "detail"},
         {"privilege": "chief", "includes": ["general"]}],
       "permissions": {"allowed": [
         {"applyTo": "ds", "type": "datastore", "read": ["none"], "execute": ["none"]},
         {"applyTo": "City", "type": "dataclass", "read": ["general"], "create": []},
         {"applyTo": "City.mayor", "type": "attribute", "read": ["detail"]},
         {"applyTo": "City.count", "type": "method", "execute": ["GUEST"]},
         {"applyTo": "Shop", "type": "singleton", "execute": ["detail"]},
         {"applyTo": "Shop.open", "type": "singletonMethod", "execute": ["general"]}]},
       "forceLogin": true, "restrictedByDefault": RESTRICTED}
      """#
    for isRestricted in [true, false] {
      let roles = read(text.replacing("RESTRICTED", with: "\(isRestricted)")).roles
      func allows(
        _ action: PermissionAction,
        _ kind: ProtectedResource.Kind,
        _ name: String,
        _ holding: String...
      ) -> Bool {
        roles.allows(action, on: ProtectedResource(kind, name), holding: grants(roles, holding))
      }
      #expect(allows(.read, .dataclass, "City", "chief"))
      #expect(!allows(.read, .dataclass, "City", "none"))
      #expect(!allows(.read, .dataclass, "Other", "chief"))
      #expect(allows(.read, .dataclass, "Other", "none"))
      // An attribute's permission comes on top of its data class's.
      #expect(!allows(.read, .attribute, "City.mayor", "detail"))
      #expect(!allows(.read, .attribute, "City.mayor", "general"))
      #expect(allows(.read, .attribute, "City.mayor", "general", "detail"))
      #expect(allows(.read, .attribute, "City.name", "general"))
      #expect(allows(.execute, .method, "City.count"))
      #expect(!allows(.execute, .method, "City.delete", "general"))
      #expect(allows(.execute, .singletonMethod, "Shop.open", "general"))
      #expect(!allows(.execute, .singletonMethod, "Shop.close", "general"))
      #expect(allows(.execute, .singletonMethod, "Shop.close", "detail"))
      #expect(allows(.execute, .method, "ds.authentify"))
      #expect(!allows(.execute, .method, "ds.other"))
      // Nothing says anything about these.
      #expect(allows(.create, .dataclass, "City") == !isRestricted)
      #expect(allows(.drop, .attribute, "City.mayor") == !isRestricted)
    }
    #expect(
      !Roles.closed.allows(.read, on: ProtectedResource(.dataclass, "City"), holding: .init())
    )
  }

  @Test(arguments: ["a\u{1B}[2J", "a\u{7F}", "a\u{9B}2J", "a\u{202E}b", "a\u{2066}b", "a\nb"])
  func aUserNameIsNoOrderToATerminal(name: String) {
    #expect(throws: PrivilegeOrderFailure.self) {
      var order = JSONObject()
      order["userName"] = .string(name)
      return try PrivilegeOrder(reading: .object(order))
    }
    #expect(!name.withoutControls.hasControls)
  }
}
