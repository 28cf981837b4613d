import ProjectModel
import Testing

@Suite struct NetworkSettingsTests {
  private func file(
    _ options: String = "",
    table: String? = nil,
    userMode: Bool = false
  ) -> [UInt8] {
    let table = table.map { "<ip_config><allow_deny_table>\($0)</allow_deny_table></ip_config>" }
    let general = userMode ? "<general allow_user_settings=\"true\"/>" : ""
    return Array(
      ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><preferences stamp=\"9\"><com.4d>\(general)"
        + "<server><network><options \(options)/></network>\(table ?? "")</server>"
        + "</com.4d></preferences>").utf8
    )
  }

  private func read(
    _ structure: [UInt8]?,
    _ user: [UInt8]? = nil,
    _ data: [UInt8]? = nil
  ) -> (settings: NetworkSettings, problems: [Problem]) {
    NetworkSettings.read(structure: structure, user: user, data: data)
  }

  @Test func withoutFilesTheDefaultsHold() {
    let (settings, problems) = read(nil)
    #expect(settings == NetworkSettings())
    #expect(settings.publishesAtStartup && settings.port == nil && settings.rules == .everybody)
    #expect(problems == [])
  }

  @Test func theStructureIsRead() {
    let (settings, problems) = read(
      file(
        "publication_name=\"Shop &amp; Co\" publication_port=\"29813\" publish_at_startup=\"false\"",
        table: "<allow_deny address=\"10.0.0.9\" allow=\"false\"/>"
          + "<allow_deny address=\"10.*\" allow=\"true\"/>"
      )
    )
    #expect(settings.publicationName == "Shop & Co")
    #expect(settings.port == 29_813)
    #expect(!settings.publishesAtStartup)
    #expect(settings.rules.rows.map(\.pattern) == ["10.0.0.9", "10.*"])
    #expect(!settings.rules.allows("10.0.0.9") && settings.rules.allows("10.0.0.8"))
    #expect(problems == [])
  }

  @Test func dataWinsOverUserOverStructureValueByValue() {
    let (settings, _) = read(
      file("publication_name=\"s\" publication_port=\"1001\"", userMode: true),
      file("publication_name=\"u\" publish_at_startup=\"false\"", table: ""),
      file("publication_name=\"d\"")
    )
    #expect(settings.publicationName == "d")
    #expect(settings.port == 1_001)
    #expect(!settings.publishesAtStartup)
    #expect(!settings.rules.allows("127.0.0.1"), "an empty table lets nobody in")
  }

  @Test func withoutUserSettingsModeTheStructureAloneCounts() {
    let user = file("publication_name=\"u\"", userMode: true)
    #expect(read(file("publication_name=\"s\""), user, user).settings.publicationName == "s")
    #expect(read(nil, user, user).settings.publicationName == nil)
  }

  @Test(arguments: ["", "<preferences>", "<other/>", "plain text"])
  func aBrokenFileIsReportedAndNobodyElseGetsIn(text: String) {
    let (settings, problems) = read(
      file("publication_name=\"s\"", userMode: true),
      Array(text.utf8),
      file("publication_port=\"1002\"", table: "<allow_deny address=\"*\" allow=\"true\"/>")
    )
    #expect(settings.publicationName == "s" && settings.port == 1_002)
    #expect(settings.rules == .ownMachine)
    #expect(problems.map(\.rule) == ["settings-not-readable"])
    #expect(problems.first?.file == "Settings/settings.4DSettings")
    #expect(problems.first?.severity == .warning)
  }

  @Test(arguments: ["0", "65536", "-1", "abc", "+80", ""])
  func aPortThatIsNoneIsReported(port: String) {
    let (settings, problems) = read(file("publication_port=\"\(port)\""))
    #expect(settings.port == nil)
    #expect(problems.map(\.rule) == ["settings-port"])
  }

  @Test func doubtfulRowsAreReportedAndDeny() {
    let (settings, problems) = read(
      file(
        "publish_at_startup=\"maybe\"",
        table: "<allow_deny address=\"example.com\" allow=\"true\"/>"
          + "<allow_deny address=\"10.*\" allow=\"perhaps\"/><allow_deny allow=\"true\"/>"
      )
    )
    #expect(!settings.publishesAtStartup)
    #expect(!settings.rules.allows("10.0.0.1"))
    #expect(
      problems.map(\.rule)
        == ["settings-publish", "settings-address", "settings-address", "settings-address"]
    )
    #expect(problems.allSatisfy { $0.line == 1 })
  }
}
