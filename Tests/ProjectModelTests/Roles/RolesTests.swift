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

  /// Taken away they would make another name of it: here everybody's.
  @Test func aNameWithSpacesAroundItIsReportedAndStaysWhatItIs() {
    let read = read(
      #"""
      {"privileges": [{"privilege": " sp "}, {"privilege": "a b"}],
       "roles": [{"role": "r\t", "privileges": [" sp "]}],
       "permissions": {"allowed": [
         {"applyTo": "A", "type": "dataclass", "read": [" guest "]}]}}
      """#
    )
    #expect(
      read.problems.map { "\($0.rule) \($0.line ?? 0)" } == [
        "roles-spaced-name 1", "roles-spaced-name 2",
      ]
    )
    #expect(read.roles.declares(privilege: " sp ") && !read.roles.declares(privilege: "sp"))
    let wanted = ResourceAction(.read, on: ProtectedResource(.dataclass, "A"))
    #expect(!read.roles.allows(wanted, holding: .init(), isGuest: false))
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
        let wanted = ResourceAction(action, on: ProtectedResource(kind, name))
        return roles.allows(wanted, holding: grants(roles, holding), isGuest: false)
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
      #expect(allows(.drop, .attribute, "City.mayor", "general", "detail") == !isRestricted)
      // What may not be read may not be changed either.
      #expect(!allows(.drop, .attribute, "City.mayor", "general"))
      #expect(!allows(.update, .dataclass, "City", "detail"))
      #expect(allows(.update, .dataclass, "City", "general") == !isRestricted)
      // Another spelling leads to the same place.
      #expect(allows(.read, .dataclass, "CITY", "chief"))
      #expect(!allows(.read, .dataclass, "cITY", "none"))
      #expect(!allows(.read, .attribute, "city.MAYOR", "general"))
      #expect(!allows(.execute, .method, "Ds.Other"))
      #expect(!allows(.read, .dataclass, "City", "WebAdmin"))
    }
    let wanted = ResourceAction(.read, on: ProtectedResource(.dataclass, "City"))
    #expect(!Roles.closed.allows(wanted, holding: .init(), isGuest: false))
  }

  @Test(arguments: [true, false]) func anAttributeAloneOpensNothing(isRestricted: Bool) throws {
    let text = #"""
      {"privileges": [{"privilege": "detail"}, {"privilege": "general"}],
       "permissions": {"allowed": [LEVEL
         {"applyTo": "City.mayor", "type": "attribute", "read": ["detail"], "create": ["detail"]}]},
       "restrictedByDefault": RESTRICTED}
      """#.replacing("RESTRICTED", with: "\(isRestricted)")
    func allows(_ level: String, _ privileges: String...) throws -> Bool {
      let roles = read(text.replacing("LEVEL", with: level)).roles
      let wanted = try ResourceAction(action: "read", resource: "attribute:City.mayor")
      return roles.allows(wanted, holding: grants(roles, privileges), isGuest: false)
    }
    // Nothing is said about the data class: it is open or closed, and the attribute with it.
    #expect(try allows("", "detail") == !isRestricted)
    #expect(try !allows("", "general"))
    #expect(
      try allows(#"{"applyTo": "City", "type": "dataclass", "read": []},"#, "detail")
        == !isRestricted
    )
    for level in [
      #"{"applyTo": "City", "type": "dataclass", "read": ["general"]},"#,
      #"{"applyTo": "ds", "type": "datastore", "read": ["general"]},"#,
    ] {
      #expect(try allows(level, "detail", "general"))
      #expect(try !allows(level, "detail"))
      #expect(try !allows(level, "general"))
    }
  }

  @Test(arguments: [true, false]) func aGuestHasToSignInFirst(forceLogin: Bool) throws {
    let roles = read(
      #"""
      {"privileges": [{"privilege": "a"}], "permissions": {"allowed": [
         {"applyTo": "City", "type": "dataclass", "read": ["guest"]},
         {"applyTo": "ds.authentify", "type": "method", "execute": ["a"]}]},
       "restrictedByDefault": false, "forceLogin": FORCE}
      """#.replacing("FORCE", with: "\(forceLogin)")
    ).roles
    func allows(_ action: String, _ resource: String, isGuest: Bool) throws -> Bool {
      let wanted = try ResourceAction(action: action, resource: resource)
      return roles.allows(wanted, holding: .init(), isGuest: isGuest)
    }
    #expect(try allows("read", "dataclass:City", isGuest: true) == !forceLogin)
    #expect(try allows("read", "dataclass:Other", isGuest: true) == !forceLogin)
    #expect(try allows("execute", "method:ds.authentify", isGuest: true) == forceLogin)
    #expect(try allows("execute", "method:DS.Authentify", isGuest: true) == forceLogin)
    #expect(try allows("read", "dataclass:City", isGuest: false))
    #expect(try allows("read", "dataclass:Other", isGuest: false))
  }

  @Test(arguments: [true, false]) func emptyListsAreNoPermissions(isRestricted: Bool) throws {
    // What 4D writes into a new project, but for the mode.
    let roles = read(
      #"""
      {"privileges": [], "roles": [], "permissions": {"allowed": [{"applyTo": "ds",
         "type": "datastore", "read": [], "create": [], "update": [], "drop": [], "execute": [],
         "promote": []}]}, "restrictedByDefault": \#(isRestricted), "forceLogin": false}
      """#
    ).roles
    for kind in ProtectedResource.Kind.allCases {
      for action in kind.actions {
        let wanted = ResourceAction(action, on: ProtectedResource(kind, "A.b"))
        #expect(roles.allows(wanted, holding: .init(), isGuest: true) == !isRestricted)
      }
    }
  }

  @Test(arguments: [
    ("read", "datastore:ds"), ("execute", "datastore:ds"), ("create", "dataclass:Books"),
    ("drop", "attribute:Books.price"), ("execute", "method:Books.sell"),
    ("execute", "method:ds.authentify"), ("execute", "singleton:Été_2"),
    ("execute", "singletonMethod:Shop.open"),
  ])
  func anActionAndAResourceAreRead(action: String, resource: String) throws {
    let wanted = try ResourceAction(action: action, resource: resource)
    #expect(wanted.action.rawValue == action)
    #expect("\(wanted.resource.kind.rawValue):\(wanted.resource.name)" == resource)
  }

  @Test(arguments: [
    ("", "dataclass:Books"), ("Read", "dataclass:Books"), ("promote", "method:Books.sell"),
    ("describe", "dataclass:Books"), ("look", "dataclass:Books"), ("read", ""), ("read", "Books"),
    ("read", "dataclass:"), ("read", ":Books"), ("read", "table:Books"),
    ("read", "Dataclass:Books"),
    ("read", "dataclass:Books.price"), ("read", "dataclass:Bo oks"), ("read", "dataclass:Books/"),
    ("read", "datastore:Books"), ("read", "datastore:"), ("read", "attribute:price"),
    ("read", "attribute:Books."), ("read", "attribute:Books.a.b"), ("read", "method:Books.sell"),
    ("execute", "attribute:Books.price"), ("read", "singleton:Shop"), ("execute", "method:sell"),
    ("create", "singletonMethod:Shop.open"), ("read", "dataclass:Books\u{0}"),
  ])
  func whatIsNoActionOnAResourceIsRefused(action: String, resource: String) {
    #expect(throws: ResourceFailure.self) {
      try ResourceAction(action: action, resource: resource)
    }
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
