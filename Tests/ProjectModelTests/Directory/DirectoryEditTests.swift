import ProjectModel
import Testing

@Suite struct DirectoryEditTests {
  @Test(arguments: [DirectoryFixture.recent, DirectoryFixture.eighteen, "{}", "{ }\n"])
  func nothingToDoIsNoByteElse(_ text: String) throws {
    let document = try DirectoryFixture.document(text)
    #expect(try document.edited().text == text)
  }

  @Test func addsAUserAtTheEnd() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let edited = try document.edited(.addUser(name: "Ève \"X\"", startupMethod: "M"))
    let expected = document.text.replacing(
      "\t\t\t\"shoeSize\": 43\n\t\t}\n",
      with: "\t\t\t\"shoeSize\": 43\n\t\t},\n"
        + "\t\t\"Ève \\\"X\\\"\": {\n\t\t\t\"startupMethod\": \"M\"\n\t\t}\n"
    )
    #expect(edited.text == expected)
    #expect(edited.view.users.last?.name == "Ève \"X\"")
    #expect(try edited.edited(.deleteUser(name: "Ève \"X\"")).text == document.text)
  }

  @Test(arguments: [DirectoryFixture.recent, DirectoryFixture.eighteen])
  func addingAndDeletingAUserLeavesNoTrace(_ text: String) throws {
    let document = try DirectoryFixture.document(text)
    let added = try document.edited(.addUser(name: "New"))
    #expect(added.text != text)
    #expect(try added.edited(.deleteUser(name: "new")).text == text)
  }

  @Test func keepsCarriageReturnsAndSpelling() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.eighteen)
    let edited = try document.edited(
      .setSetting(key: "designAccessGroup", value: ""),
      .setSetting(key: "remoteDefaultUser", value: "administrator"),
      .setSQLGranter(key: "allAccessGroup", group: ""),
      .addGroup(name: "Équipe"),
      .setRemoteGranter(key: "web", group: "équipe")
    )
    #expect(edited.text.hasPrefix("\u{FEFF}{\r\n"))
    #expect(edited.bytes.count { $0 == 0x0A } == edited.bytes.count { $0 == 0x0D })
    #expect(edited.text.contains("\t\t\"DesignAccessGroup\": \"\",\r\n"))
    #expect(edited.text.contains("\t\t\"RemoteDefaultUser\": \"Administrateur\"\r\n"))
    #expect(edited.text.contains("\t\t\t\"AllAccessGroup\": \"\"\r\n"))
    #expect(
      edited.text.contains(
        "\t\"groups\": {\r\n\t\t\"Équipe\": {\r\n\t\t\t\"users\": [\r\n"
          + "\t\t\t\t\"Administrateur\"\r\n\t\t\t]\r\n\t\t}\r\n\t},\r\n\t\"sqlSchemaGranters\""
      )
    )
    #expect(
      edited.text.contains(
        "\t\"remoteGranters\": {\r\n\t\t\"web\": \"Équipe\"\r\n\t},\r\n\t\"settings\""
      )
    )
    #expect(edited.text.hasSuffix("}"))
  }

  @Test func fillsAnEmptyFileIn4DsOrder() throws {
    let document = try DirectoryFixture.document("{}")
    #expect(document.problems.map(\.rule) == ["directory-no-designer"])
    let edited = try document.edited(
      .setSetting(key: "designaccessgroup", value: "*"),
      .addUser(name: "Marie"),
      .addUser(name: "administrator"),
      .addUser(name: "designer", alias: "Chef"),
      .addGroup(name: "G")
    )
    #expect(
      edited.text == """
        {
        \t"users": {
        \t\t"designer": {
        \t\t\t"alias": "Chef"
        \t\t},
        \t\t"administrator": {
        \t\t\t"alias": "Administrator"
        \t\t},
        \t\t"Marie": {}
        \t},
        \t"groups": {
        \t\t"G": {
        \t\t\t"users": [
        \t\t\t\t"Administrator"
        \t\t\t]
        \t\t}
        \t},
        \t"settings": {
        \t\t"designAccessGroup": "*"
        \t}
        }
        """
    )
    #expect(edited.problems.isEmpty)
  }

  @Test func theNewFileIsWhole() throws {
    let document = try DirectoryDocument(
      parsing: DirectoryDocument.newFile,
      at: DirectoryFixture.path
    )
    #expect(document.problems.isEmpty)
    #expect(!document.designerHasPassword)
    #expect(document.text.hasPrefix("{\n\t\"users\": {\n\t\t\"designer\": {\n"))
    #expect(document.text.hasSuffix("\n}"))
  }

  @Test func staysOnOneLineWhereTheFileDoes() throws {
    let document = try DirectoryFixture.document(#"{"users":{"designer":{}},"groups":{}}"#)
    let edited = try document.edited(.addUser(name: "A"), .addGroup(name: "G"))
    #expect(
      edited.text == #"{"users":{"designer":{},"A":{}},"groups":{"G": {}}}"#
    )
  }

  @Test(arguments: [
    (
      "A", #"{"users":{"designer":{},"A":{}, "B" : {}},"groups":{"G":{"users":["B", "designer"]}}}"#
    ),
    (
      "B", #"{"users":{"designer":{},"A":{}, "B" : {}},"groups":{"G":{"users":["A", "designer"]}}}"#
    ),
  ])
  func takesAMemberOutOfALine(_ name: String, _ expected: String) throws {
    let text =
      #"{"users":{"designer":{},"A":{}, "B" : {}},"groups":{"G":{"users":["A", "B", "designer"]}}}"#
    let document = try DirectoryFixture.document(text)
    #expect(try document.edited(.removeMember(.user(name), group: "G")).text == expected)
  }

  @Test func aNewNameGoesEverywhere() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let edited = try document.edited(
      .renameUser(name: "designer", newName: "Chef"),
      .renameUser(name: "Olivier", newName: "Olive"),
      .renameGroup(name: "Secret", newName: "Open"),
      .renameGroup(name: "engineers", newName: "Makers")
    )
    let view = edited.view
    #expect(view.users.map(\.name) == ["Chef", "Boss", "Gérald", "Zoé", "Olive"])
    #expect(view.groups.map(\.name) == ["Makers", "Open", "Nobody"])
    #expect(view.groups[0].users == ["Chef", "Boss", "Gérald"])
    #expect(view.groups[1].groups == ["Makers"])
    #expect(view.settings["localGenericWebUser"] == "Chef")
    #expect(view.settings["remoteGenericWebUser"] == "Olive")
    #expect(view.settings["designAccessGroup"] == "Open")
    #expect(view.remoteGranters["web"] == "Makers")
    #expect(view.sqlSchemaGranters["DEFAULT_SCHEMA"]?["readWriteAccessGroup"] == "Open")
    #expect(edited.text.contains("\"designer\": {"))
    #expect(changedLines(from: document.text, to: edited.text).count == 24)
  }

  @Test func aDeletedUserLeavesTheGroups() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let edited = try document.edited(
      .setSetting(key: "remoteGenericWebUser", value: ""),
      .deleteUser(name: "Olivier")
    )
    #expect(edited.view.users.map(\.name) == ["Designer", "Boss", "Gérald", "Zoé"])
    #expect(edited.view.groups[1].users.isEmpty)
    #expect(edited.text.contains("\"Secret\": {\n\t\t\t\"groups\": ["))
  }

  @Test func membersComeAndGo() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let added = try document.edited(
      .addMember(.user("zoé"), group: "nobody"),
      .addMember(.group("Secret"), group: "Nobody")
    )
    #expect(added.view.groups[2].users == ["Zoé"])
    #expect(added.view.groups[2].groups == ["Secret"])
    #expect(try added.edited(.addMember(.user("Zoé"), group: "Nobody")).text == added.text)
    let removed = try added.edited(
      .removeMember(.group("secret"), group: "Nobody"),
      .removeMember(.user("Zoé"), group: "Nobody")
    )
    #expect(removed.text == document.text)
    #expect(try added.edited(.emptyGroup(name: "Nobody")).text == document.text)
  }

  @Test func setsAndRemovesPasswords() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let set = try document.edited(
      .setPassword(user: "Boss", password: ClearPassword("hunter2")),
      hash: DirectoryFixture.otherBcrypt
    )
    #expect(set.credential(of: "Boss") == .bcrypt(DirectoryFixture.otherBcrypt))
    #expect(
      changedLines(from: document.text, to: set.text)
        == ["+\t\t\t\"password\": \"\(DirectoryFixture.otherBcrypt)\","]
    )
    #expect(!set.text.contains("hunter2"))
    #expect(try set.edited(.clearPassword(user: "administrator")).text == document.text)
  }

  @Test func whatItDoesNotKnowStays() throws {
    let document = try DirectoryFixture.document(DirectoryFixture.recent)
    let edited = try document.edited(
      .setStartupMethod(user: "Olivier", method: ""),
      .renameUser(name: "Olivier", newName: "O")
    )
    #expect(edited.text.contains("\"O\": {\n\t\t\t\"shoeSize\": 43\n\t\t}"))
    #expect(edited.text.contains("\"plugIn\": [1, 2.50, {\"a\":null}]"))
  }
}
