import ProjectModel
import Testing

@Suite struct DirectoryRulesTests {
  static let base = #"{"users":{"designer":{},"A":{}},"groups":{"G":{}},"#

  @Test(arguments: [
    (
      #""settings":{"designAccessGroup":"X"}}"#, "directory-setting-unknown-group",
      "setting:designAccessGroup"
    ),
    (
      #""settings":{"RemoteDefaultUser":"X"}}"#, "directory-setting-unknown-user",
      "setting:remoteDefaultUser"
    ),
    (#""remoteGranters":{"web":"X"}}"#, "directory-granter-unknown-group", "remote-granter:web"),
    (
      #""sqlSchemaGranters":{"S":{"allAccessGroup":"X"}}}"#, "directory-granter-unknown-group",
      "sql-granter:S/allAccessGroup"
    ),
    (
      #""settings":{"designAccessGroup":"*","DesignAccessGroup":"*"}}"#, "directory-duplicate-key",
      "setting:designAccessGroup"
    ),
    (#""settings":{"designAccessGroup":1}}"#, "directory-shape", "setting:designAccessGroup"),
  ])
  func findsBrokenSettings(_ rest: String, _ rule: String, _ element: String) throws {
    let problems = try DirectoryFixture.document(Self.base + rest).problems
    #expect(problems.map(\.rule) == [rule])
    #expect(problems.map(\.element) == [element])
  }

  @Test(arguments: [
    (#"{"users":{"A":{}}}"#, "directory-no-designer"),
    (#"{"users":{"designer":{"password":"*"}}}"#, "directory-password-shape"),
    (#"{"users":{"designer":{"password":"$2b$10$short"}}}"#, "directory-password-shape"),
    (#"{"users":{"designer":{},"a":{},"A":{}}}"#, "directory-name-twin"),
    (#"{"users":{"designer":{},"A":[]}}"#, "directory-shape"),
    (#"{"users":{"designer":{}},"groups":{"G":{"users":["X"]}}}"#, "directory-member-unknown"),
    (#"{"users":{"designer":{}},"groups":{"G":{"groups":["X"]}}}"#, "directory-member-unknown"),
    (#"{"users":{"designer":{}},"groups":{"G":{"groups":["G"]}}}"#, "directory-group-cycle"),
    (#"{"users":{"designer":{}},"groups":{"G":{"users":"X"}}}"#, "directory-shape"),
  ])
  func findsBrokenUsersAndGroups(_ text: String, _ rule: String) throws {
    #expect(try DirectoryFixture.document(text).problems.map(\.rule) == [rule])
  }

  @Test func namesTheLine() throws {
    let text = "{\n\"users\": {\n\"designer\": {\n\"password\": \"*\"}}}"
    let problem = try #require(try DirectoryFixture.document(text).problems.first)
    #expect(problem.line == 4)
    #expect(problem.element == "user:Designer")
  }

  @Test func aDuplicateUserIsTwoFaultsAndNotEdited() throws {
    let document = try DirectoryFixture.document(
      #"{"users":{"designer":{},"A":{},"A":{}},"groups":{"G":{}}}"#
    )
    #expect(
      document.problems.map(\.rule).sorted() == ["directory-duplicate-key", "directory-name-twin"]
    )
    #expect(document.refusals(.deleteUser(name: "A")) == ["directory-name-twin"])
    #expect(document.refusals(.addMember(.user("designer"), group: "G")).isEmpty)
  }

  @Test func findsEachGroupOfACircle() throws {
    let text = """
      {"users":{"designer":{}},"groups":{"A":{"groups":["B"]},"B":{"groups":["C"]},
      "C":{"groups":["B","D"]},"D":{}}}
      """
    let problems = try DirectoryFixture.document(text).problems
    #expect(problems.map(\.element) == ["group:B", "group:C"])
    #expect(try DirectoryFixture.document(text).isMember("designer", of: "A") == false)
  }

  @Test func refusesWhatBreaksARule() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let cases: [(DirectoryOperation, String)] = [
      (.deleteGroup(name: "Nobody"), "directory-group-permanent"),
      (.deleteUser(name: "designer"), "directory-user-reserved"),
      (.deleteUser(name: "Boss"), "directory-user-reserved"),
      (.deleteUser(name: "Olivier"), "directory-setting-unknown-user"),
      (.deleteUser(name: "X"), "directory-user-unknown"),
      (.emptyGroup(name: "X"), "directory-group-unknown"),
      (.addUser(name: "zoé"), "directory-name-taken"),
      (.addUser(name: "boss"), "directory-name-taken"),
      (.addUser(name: "Administrator"), "directory-name-taken"),
      (.addUser(name: ""), "directory-name-invalid"),
      (.addUser(name: "*"), "directory-name-invalid"),
      (.addUser(name: "a\nb"), "directory-name-invalid"),
      (.addUser(name: "X", alias: "Y"), "directory-alias"),
      (.renameUser(name: "Zoé", newName: "Designer"), "directory-name-taken"),
      (.addGroup(name: "engineers"), "directory-name-taken"),
      (.addGroup(name: "Sixteen letters!"), "directory-name-invalid"),
      (.addMember(.group("Secret"), group: "Engineers"), "directory-group-cycle"),
      (.addMember(.user("X"), group: "Engineers"), "directory-user-unknown"),
      (.removeMember(.user("X"), group: "Engineers"), "directory-user-unknown"),
      (.setSetting(key: "designAccessGroup", value: "X"), "directory-group-unknown"),
      (.setSetting(key: "remoteDefaultUser", value: "*"), "directory-user-unknown"),
      (.setSetting(key: "nonsense", value: ""), "directory-setting-unknown"),
      (.setRemoteGranter(key: "web", group: "X"), "directory-group-unknown"),
      (.setSQLGranter(key: "nonsense", group: "*"), "directory-granter-unknown"),
      (.setSQLGranter(schema: "S", key: "allAccessGroup", group: "*"), "directory-granter-unknown"),
      (.setPassword(user: "Zoé", password: ClearPassword("")), "directory-password"),
      (.setPassword(user: "Zoé", password: ClearPassword("x\0")), "directory-password"),
      (
        .setPassword(user: "Zoé", password: ClearPassword(String(repeating: "é", count: 37))),
        "directory-password"
      ),
    ]
    for (operation, rule) in cases {
      let found = document.refusals(operation, hash: DirectoryFixture.otherBcrypt)
      #expect(Set(found) == [rule], "\(operation)")
    }
  }

  @Test func refusesAPasswordWithoutAHash() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let operation = DirectoryOperation.setPassword(user: "Zoé", password: ClearPassword("p"))
    #expect(document.refusals(operation) == ["directory-password"])
    #expect(document.refusals(operation, hash: "*") == ["directory-password"])
  }

  @Test func whatIsBrokenAlreadyHindersNothing() throws {
    let document = try DirectoryFixture.document(
      """
      {"users":{"A":{"password":"*"}},"groups":{"G":{"users":["Gone"],"groups":["G"]}},
      "settings":{"designAccessGroup":"Lost"}}
      """
    )
    #expect(document.problems.count == 5)
    #expect(document.refusals(.renameUser(name: "A", newName: "B")).isEmpty)
    #expect(document.refusals(.renameGroup(name: "G", newName: "H")).isEmpty)
    #expect(document.refusals(.addUser(name: "C")).isEmpty)
    let mended = try document.edited(.removeMember(.user("Gone"), group: "G"))
    #expect(mended.problems.count == 4)
  }

  @Test func anEditIsDoneWholeOrNotAtAll() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let operations: [DirectoryOperation] = [.addUser(name: "New"), .deleteGroup(name: "Secret")]
    #expect(throws: RefusedEdit.self) { try document.applying(operations, in: .none) }
    #expect(document.text == DirectoryFixture.recent)
  }
}
