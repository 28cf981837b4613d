import Foundation
import ProjectModel
import Testing

/// The small files of a merged application.
@Suite struct ApplicationFilesTests {
  private static let digest = String(repeating: "ab", count: 32)

  private func info(_ text: String) throws -> ApplicationInfo {
    try JSONDecoder().decode(ApplicationInfo.self, from: Data(text.utf8))
  }

  @Test func infoOf4DIsRead() throws {
    let read = try info(
      """
      {"BuildName":"Shop","BuildIPAddress":"","BuildIPPort":"19813","BuildHardLink":"h",
      "BuildRangeVersMin":"1","BuildRangeVersMax":4,"BuildCurrentVers":"3","PublishName":"Shop!",
      "ServerPlatform":"Win","winUpdate":"update.win.4darchive","MacSignature":false,"other":[1]}
      """
    )
    #expect(read.name == "Shop" && read.publishName == "Shop!" && read.host == nil)
    #expect(read.port == 19813 && read.hardLink == "h" && read.serverPlatform == "Win")
    #expect(read.minimum == 1 && read.current == 3 && read.maximum == 4)
    #expect(read.windowsUpdate == "update.win.4darchive" && read.linux == nil)
    #expect(throws: DecodingError.self) { try info("{}") }
    #expect(try info("{\"BuildName\":\"A\",\"BuildCurrentVers\":\"x\"}").current == 1)
  }

  @Test func infoIsWrittenAs4DDoesAndWithoutTheSecret() throws {
    let keys = try ApplicationKeys(
      settings: nil,
      overrides: ["HardLink=secret-word", "CurrentVers=2"],
      project: "Shop"
    )
    let update = ApplicationInfo.Update(
      file: "u.4darchive",
      platform: "linux-x86_64",
      digest: try #require(Digest(hex: Self.digest)),
      size: 7,
      signature: "00"
    )
    let written = ApplicationInfo(keys, serverPlatform: "Linux", linux: update)
    let text = String(decoding: try JSONEncoder().encode(written), as: UTF8.self)
    #expect(text.contains("\"BuildCurrentVers\":\"2\"") && !text.contains("secret-word"))
    #expect(try info(text) == written)
    // Half an update is none.
    #expect(try info(text.replacing("\"linuxSize\":7", with: "\"other\":7")).linux == nil)
  }

  @Test func versionsThatAreUpsideDownAreNotRead() throws {
    func read(_ numbers: String) throws -> ClientVersions {
      let names = ["minimum", "current", "maximum"]
      let members = zip(names, numbers.split(separator: " ")).map { "\"\($0)\":\($1)" }
      let text = "{\(members.joined(separator: ","))}"
      return try JSONDecoder().decode(ClientVersions.self, from: Data(text.utf8))
    }
    #expect(try read("2 3 4") == ClientVersions(current: 3, minimum: 2, maximum: 4))
    for numbers in ["9 5 2", "9 9 2", "1 5 2", "3 1 5", "0 1 1", "-1 1 1", "1 1"] {
      #expect(throws: DecodingError.self, "\(numbers)") { try read(numbers) }
    }
    let versions = try read("2 3 4")
    let written = try JSONEncoder().encode(versions)
    #expect(try JSONDecoder().decode(ClientVersions.self, from: written) == versions)
  }

  @Test func theLastServerIsALink() throws {
    let last = LastServer(name: "Shop & Söhne", address: "10.0.0.7:19813")
    let text = try #require(last.text)
    #expect(LastServer(reading: Array(text.utf8)) == last)
    let link = try DatabaseLink(reading: Array(text.utf8))
    #expect(try link.destination() == .address("10.0.0.7:19813", name: "Shop & Söhne"))
    for broken in ["", "<a/>", "<database_shortcut is_remote=\"true\"/>", text + "x"] {
      #expect(LastServer(reading: Array(broken.utf8)) == nil)
    }
  }
}
