import Bundler
import Foundation
import Testing

struct SmallFileTests {
  @Test func aFileIsReplacedWholeWithItsRights() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/list.json"
    try SmallFile.replace(path, with: Array("one".utf8))
    try SmallFile.replace(path, with: Array("two".utf8))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
    let found = try FileManager.default.attributesOfItem(atPath: path)
    #expect(found[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["list.json"])
  }

  @Test func aLinkIsReplacedAndNotFollowed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/list.json"
    let other = folder.path + "/other"
    try Data("mine".utf8).write(to: URL(filePath: other))
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: other)
    try SmallFile.replace(path, with: Array("new".utf8))
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "mine")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
  }

  @Test func aFailureSaysWhyAndLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/there"
    try FileManager.default.createDirectory(atPath: path + "/x", withIntermediateDirectories: true)
    let failure = #expect(throws: SmallFile.Failure.self) {
      try SmallFile.replace(path, with: [1])
    }
    #expect(failure?.reason.isEmpty == false)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["there"])
    let missing = #expect(throws: SmallFile.Failure.self) {
      try SmallFile.replace(folder.path + "/missing/file", with: [1])
    }
    #expect(missing?.number == ENOENT)
  }
}
