import Foundation
import ProjectHost
import Testing

@Suite struct SystemFolderTests {
  @Test func twoProjectsOfOneNameHaveFoldersOfTheirOwn() throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "a/Project/P.4DProject")
    try folder.write("{}", to: "b/Project/P.4DProject")
    let folders = try ["a", "b"].map {
      SystemFolder(
        for: try ProjectLocation(opening: folder.path + "/" + $0),
        stateHome: "/s",
        home: "/h"
      ).path
    }
    #expect(Set(folders).count == 2)
    #expect(
      folders.allSatisfy { $0.hasPrefix("/s/syncd/P-") && $0.count == "/s/syncd/P-".count + 8 }
    )
  }

  @Test func isMadeForThisAccountAlone() throws {
    let parent = try TemporaryFolder()
    let folder = SystemFolder(at: parent.path + "/deep/state")
    try folder.create()
    try folder.create()
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }

  @Test func aSecondServerIsRefusedWithThePidOfTheFirst() throws {
    let parent = try TemporaryFolder()
    let folder = SystemFolder(at: parent.path + "/state")
    try folder.create()
    let first = try SystemFolderLock(folder)
    do {
      _ = try SystemFolderLock(folder)
      Issue.record("the second lock was given")
    } catch {
      #expect(error.code == .alreadyServed)
      #expect(error.message.contains("\(ProcessInfo.processInfo.processIdentifier)"))
    }
    withExtendedLifetime(first) {}
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    let parent = try TemporaryFolder()
    try parent.write("", to: "file")
    #expect(throws: HostError.self) { try SystemFolder(at: parent.path + "/file/state").create() }
  }
}
