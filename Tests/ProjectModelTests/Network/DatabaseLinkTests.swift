import ProjectModel
import Testing

@Suite struct DatabaseLinkTests {
  private func link(_ attributes: String) throws -> DatabaseLink {
    try DatabaseLink(
      reading: Array("<?xml version=\"1.0\"?><database_shortcut \(attributes)/>".utf8)
    )
  }

  /// Every attribute of the DTD and the newer ones (4d-domain §7.5), with a value that 4D writes.
  private static let everything: [(String, String)] = [
    ("is_remote", "true"), ("user_name", "Designer"), ("password", "p"), ("md5_password", "$2b$x"),
    ("structure_opening_mode", "2"), ("server_database_name", "Test"),
    ("server_path", "192.168.1.5:19813"), ("open_login_dialog", "false"),
    ("cache_folder_name", "c"), ("remote_shared_resources", "true"), ("structure_file", "s"),
    ("data_file", "d"), ("create_structure_file", "false"), ("create_data_file", "true"),
    ("data_opening_mode", "3"), ("data_conversion_mode", "0"), ("structure_conversion_mode", "2"),
    ("open_in_custom_mode", "true"), ("open_tools", "t"), ("skip_onstartup_method", "false"),
    ("definition_import_file", "f"), ("resources_import_file", "r"), ("startup_method", "m"),
    ("user_param", "u"), ("dataless", "true"), ("use_journal_file", "true"),
    ("explorer_groups_file", "e"), ("reopen_design_windows", "false"),
  ]

  @Test func everyAttributeIsKnownAndKeptInItsPlace() throws {
    let text = Self.everything.map { "\($0)=\"\($1)\"" }.joined(separator: " ")
    let link = try link(text + " from_tomorrow=\"&lt;x&gt;\"")
    #expect(Self.everything.count == DatabaseLink.Attribute.allCases.count)
    for (name, value) in Self.everything {
      let attribute = try #require(DatabaseLink.Attribute(rawValue: name))
      #expect(link[attribute] == value)
    }
    #expect(link.unknownItems.map(\.name) == ["from_tomorrow"])
    #expect(link.unknownItems.map(\.value) == ["<x>"])
    let again = try DatabaseLink(reading: Array(link.text.utf8))
    #expect(again == link)
    #expect(again.items.map(\.name) == Self.everything.map(\.0) + ["from_tomorrow"])
  }

  @Test func theMinimalFormIsWritten() throws {
    let link = try DatabaseLink(server: "Test", at: "192.168.1.5:19813")
    #expect(
      link.text == """
        <?xml version="1.0" encoding="UTF-8"?>
        <database_shortcut is_remote="true" server_database_name="Test" \
        server_path="192.168.1.5:19813"/>

        """
    )
  }

  @Test(arguments: ["a \"b\" <c> & 'd'", "été 商店 🏪", "tab\tline\nend\r", "]]>"])
  func namesSurviveWritingAndReading(name: String) throws {
    let link = try DatabaseLink(server: name, at: ":19813")
    #expect(try DatabaseLink(reading: Array(link.text.utf8))[.serverDatabaseName] == name)
  }

  @Test(
    arguments: [
      ("is_remote=\"true\" server_path=\"10.0.0.1\"", .address("10.0.0.1", name: nil)),
      ("is_remote=\"true\" server_path=\"::1\"", .address("::1", name: nil)),
      (
        "is_remote=\"true\" server_path=\"^h:20000\" server_database_name=\"N\"",
        .address("h:20000", name: "N")
      ),
      (
        "is_remote=\"true\" server_path=\":19813\" server_database_name=\"N\"",
        .named("N", port: nil)
      ),
      (
        "is_remote=\"true\" server_path=\":20000\" server_database_name=\"N\"",
        .named("N", port: 20_000)
      ),
      ("is_remote=\"true\" server_database_name=\"N\"", .named("N", port: nil)),
      ("structure_file=\"x\"", .local),
      ("is_remote=\"false\" server_path=\"h\"", .local),
    ] as [(String, DatabaseLink.Destination)]
  )
  func leadsWhereItSays(attributes: String, destination: DatabaseLink.Destination) throws {
    #expect(try link(attributes).destination() == destination)
  }

  @Test(
    arguments: [
      "is_remote=\"true\"", "is_remote=\"true\" server_path=\":19813\"",
      "is_remote=\"true\" server_path=\":0\" server_database_name=\"N\"",
      "is_remote=\"true\" server_path=\":99999\" server_database_name=\"N\"",
    ]
  )
  func whatLeadsNowhereIsTold(attributes: String) throws {
    let link = try link(attributes)
    #expect(throws: DatabaseLink.Failure.self) { try link.destination() }
  }

  @Test(
    arguments: [
      "", "<database_shortcut", "<base/>", "<database_shortcut is_remote='yes'/>",
      "<database_shortcut structure_opening_mode='3'/>",
      "<database_shortcut data_opening_mode='0'/>",
      "<database_shortcut is_remote='true' is_remote='true'/>",
      "<!DOCTYPE database_shortcut [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><database_shortcut/>",
      "<database_shortcut user_name='&e;'/>", "<database_shortcut/><database_shortcut/>",
    ]
  )
  func whatIsNoLinkIsRefused(text: String) {
    #expect(throws: DatabaseLink.Failure.self) { try DatabaseLink(reading: Array(text.utf8)) }
  }

  @Test func theDoctypeOf4DIsAccepted() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8" standalone="no" ?>
      <!DOCTYPE database_shortcut SYSTEM "http://www.4d.com/dtd/2007/database_link.dtd">
      <database_shortcut is_remote="true" server_database_name="T" server_path=":19813"/>
      """
    let link = try DatabaseLink(reading: Array(text.utf8))
    #expect(try link.destination() == .named("T", port: nil))
  }

  @Test func secretsAreMarked() {
    let secrets = DatabaseLink.Attribute.allCases.filter(\.isSecret)
    #expect(secrets == [.password, .md5Password])
  }

  @Test func aLinkWithoutANameIsNotMade() {
    #expect(throws: DatabaseLink.Failure.self) { try DatabaseLink(server: "", at: "h") }
    #expect(throws: DatabaseLink.Failure.self) { try DatabaseLink(server: "a\u{1}", at: "h") }
  }
}
