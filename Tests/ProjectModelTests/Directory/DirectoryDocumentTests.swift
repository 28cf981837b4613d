import Foundation
import ProjectModel
import Testing

@Suite struct DirectoryDocumentTests {
  @Test func readsUsersInFileOrder() throws {
    let view = try DirectoryFixture.document(DirectoryFixture.recent).view
    #expect(view.users.map(\.name) == ["Designer", "Boss", "Gérald", "Zoé", "Olivier"])
    #expect(view.users.map(\.builtIn) == [.designer, .administrator, nil, nil, nil])
    #expect(view.users.map(\.passwordForm) == [.bcrypt, .none, .legacy, .none, .none])
    #expect(view.users.map(\.needsReset) == [false, false, true, false, false])
    #expect(view.users.map(\.hasPassword) == [true, false, true, false, false])
    #expect(view.users[4].startupMethod == "Start_Olivier")
    #expect(view.groups.map(\.name) == ["Engineers", "Secret", "Nobody"])
    #expect(view.groups[1].groups == ["Engineers"])
    #expect(view.remoteGranters == ["web": "Engineers", "soap": "*"])
    #expect(view.sqlSchemaGranters["DEFAULT_SCHEMA"]?["readWriteAccessGroup"] == "Secret")
  }

  @Test func readsTheSpellingOf4D18() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.eighteen)
    #expect(document.problems.isEmpty)
    #expect(document.view.settings["localGenericWebUser"] == "Super_Utilisateur")
    #expect(document.designAccessGroup == "*")
  }

  @Test(arguments: [
    ("", 1, "directory-not-json"), ("{\n\"users\": {,}}", 2, "directory-not-json"),
    ("\n[]", 2, "directory-not-object"), ("{\n<<<<<<< HEAD\n", 2, "directory-merge-markers"),
    ("{}x", 1, "directory-not-json"),
  ])
  func saysWhereAFileCannotBeRead(_ text: String, _ line: Int, _ rule: String) {
    do throws(UnreadableDocument) {
      _ = try DirectoryDocument(parsing: Array(text.utf8), at: DirectoryFixture.path)
      Issue.record("it was read")
    } catch {
      #expect(error.problem.line == line)
      #expect(error.problem.rule == rule)
    }
  }

  @Test func survivesAnyBytes() throws {
    var numbers = SeededNumbers(seed: 3)
    let start = Array(DirectoryFixture.recent.utf8)
    for _ in 0..<500 {
      var bytes = start
      let from = Int.random(in: 0..<bytes.count, using: &numbers)
      let count = Int.random(in: 0...min(40, bytes.count - from), using: &numbers)
      let other = Int.random(in: 0..<(start.count - 40), using: &numbers)
      bytes.replaceSubrange(from..<(from + count), with: start[other..<(other + count / 2)])
      guard let document = try? DirectoryDocument(parsing: bytes, at: DirectoryFixture.path) else {
        continue
      }
      #expect(try document.applying([], in: .none).bytes == bytes)
      _ = document.refusals(.addUser(name: "New"), .addGroup(name: "G"))
      _ = document.redactedBytes
    }
  }

  @Test func findsMembersThroughGroups() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    #expect(document.isMember("gérald", of: "Secret"))
    #expect(document.isMember("designer", of: "Engineers"))
    #expect(!document.isMember("Olivier", of: "Engineers"))
    #expect(!document.isMember("Zoé", of: "Secret"))
    #expect(document.isMember("Zoé", of: "*"))
    #expect(!document.isMember("Designer", of: ""))
    #expect(!document.isMember("Designer", of: "Unknown"))
    #expect(document.designAccessGroup == "Secret")
    #expect(document.designerHasPassword)
  }

  @Test(arguments: [
    #"{"users":{"designer":{"password":""}}}"#, #"{"users":{"designer":{"password":null}}}"#,
    #"{"users":{"designer":[]}}"#, #"{"users":[]}"#, #"{"users":{},"Users":{"designer":{}}}"#,
    #"{"users":{"designer":{"password":"*"},"designer":{}}}"#,
  ])
  func aFaultOpensNothing(_ text: String) throws {
    let document = try DirectoryFixture.document(text)
    #expect(document.designerHasPassword)
    #expect(!document.problems.isEmpty)
  }

  @Test(arguments: ["{}", #"{"users":{"designer":{}}}"#, #"{"users":{"A":{"password":"*"}}}"#])
  func withoutADesignersPasswordAccessIsFree(_ text: String) throws {
    #expect(try !DirectoryFixture.document(text).designerHasPassword)
  }

  @Test(arguments: [
    (#""*""#, ["Designer", "A"]), (#""""#, ["Designer"]), (#""G""#, ["Designer", "A"]),
    (#""Lost""#, ["Designer"]), ("7", ["Designer"]),
  ])
  func knowsWhoMayDevelop(_ group: String, _ names: [String]) throws {
    let document = try DirectoryFixture.document(
      #"{"users":{"designer":{},"A":{}},"groups":{"G":{"users":["A"]}},"settings":{"DesignAccessGroup":"#
        + group + "}}"
    )
    #expect(["Designer", "A", "X"].filter { document.hasDesignAccess($0) } == names)
  }

  @Test func givesOutWhatAUserLogsInWith() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    #expect(document.credential(of: "Designer") == .bcrypt(DirectoryFixture.bcrypt))
    #expect(document.credential(of: "Gérald") == .legacy)
    #expect(document.credential(of: "Zoé") == nil)
    #expect(document.credential(of: "Nobody") == nil)
    let twice = try DirectoryFixture.document(
      #"{"users":{"A":{"password":"\#(DirectoryFixture.bcrypt)","password":"*"}}}"#
    )
    #expect(twice.credential(of: "A") == .other)
  }

  @Test func namesWhatHasChanged() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let edited = try document.edited(
      .setPassword(user: "Zoé", password: ClearPassword("x")),
      .renameGroup(name: "Engineers", newName: "Ingénieurs"),
      .setSetting(key: "remoteDefaultUser", value: "Boss"),
      hash: DirectoryFixture.otherBcrypt
    )
    #expect(
      edited.elementsChanged(since: document) == [
        "user:Zoé", "group:Engineers", "group:Ingénieurs", "group:Secret", "remote-granter:web",
        "setting:remoteDefaultUser",
      ]
    )
    #expect(document.elementsChanged(since: document).isEmpty)
    let layout = try DirectoryFixture.document(
      DirectoryFixture.recent.replacing("\t", with: "  ")
    )
    #expect(layout.elementsChanged(since: document).isEmpty)
  }

  @Test func noticesAnotherOrder() throws {
    let one = try DirectoryFixture.document(#"{"users":{"designer":{},"A":{},"B":{}}}"#)
    let other = try DirectoryFixture.document(#"{"users":{"designer":{},"B":{},"A":{}}}"#)
    #expect(other.elementsChanged(since: one) == ["order:users"])
  }

  @Test func namesWhatAnEditTouches() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    #expect(
      document.touched(by: [.deleteUser(name: "olivier")]) == [
        "user:Olivier", "group:Secret", "setting:remoteGenericWebUser",
      ]
    )
    #expect(
      document.touched(by: [.renameGroup(name: "Engineers", newName: "E")]) == [
        "group:Engineers", "group:E", "group:Secret", "remote-granter:web",
      ]
    )
    #expect(
      document.touched(by: [.addGroup(name: "New")]) == ["group:New", "user:Boss"]
    )
  }

  @Test func everyOperationGoesOverTheWire() throws {
    let operations: [DirectoryOperation] = [
      .addUser(name: "A", alias: "B", startupMethod: "C"), .renameUser(name: "A", newName: "B"),
      .deleteUser(name: "A"), .setPassword(user: "A", password: ClearPassword("pass")),
      .clearPassword(user: "A"), .setStartupMethod(user: "A", method: nil), .addGroup(name: "G"),
      .renameGroup(name: "G", newName: "H"), .emptyGroup(name: "G"), .deleteGroup(name: "G"),
      .addMember(.user("A"), group: "G"), .removeMember(.group("A"), group: "G"),
      .setSetting(key: "k", value: ""), .setRemoteGranter(key: "web", group: "*"),
      .setSQLGranter(schema: nil, key: "allAccessGroup", group: "G"),
    ]
    let data = try JSONEncoder().encode(operations)
    #expect(try JSONDecoder().decode([DirectoryOperation].self, from: data) == operations)
    let text = #"{"op":"add-member","group":"G","memberGroup":"H"}"#
    let member = try JSONDecoder().decode(DirectoryOperation.self, from: Data(text.utf8))
    #expect(member == .addMember(.group("H"), group: "G"))
  }

  @Test(arguments: [
    (#"{"op":"add-member","group":"G","memberGroup":"H","user":"U"}"#, "name one of them"),
    (#"{"op":"add-user","name":"Eve","password":"x"}"#, #"no key "password""#),
    (#"{"op":"set-startup-method","user":"U","startupMethod":"M"}"#, #"no key "startupMethod""#),
    (#"{"op":"delete-user"}"#, #""name" is missing"#), (#"{"op":"fly"}"#, #"operation "fly""#),
    ("[]", "an operation is an object"), ("null", "an operation is an object"),
  ])
  func refusesToDecode(_ json: String, _ part: String) {
    let error = #expect(throws: UnreadableOperation.self) {
      try JSONDecoder().decode(
        [DirectoryOperation].self,
        from: Data("[{\"op\":\"add-group\",\"name\":\"G\"},\(json)]".utf8)
      )
    }
    #expect(error?.number == 2)
    #expect(error?.text.contains(part) ?? false, "\(error?.text ?? "")")
  }

  @Test func setsTheStartupMethodThatTheOperationNames() throws {
    let text = #"{"op":"set-startup-method","user":"Olivier","method":"OnLogin"}"#
    let operation = try JSONDecoder().decode(DirectoryOperation.self, from: Data(text.utf8))
    let edited = try DirectoryFixture.document(DirectoryFixture.recent).edited(operation)
    #expect(edited.view.users.first { $0.name == "Olivier" }?.startupMethod == "OnLogin")
  }
}
