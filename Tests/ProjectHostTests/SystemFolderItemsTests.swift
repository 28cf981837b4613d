import Foundation
import ProjectHost
import Testing

@Suite struct SystemFolderItemsTests {
  private let parent: TemporaryFolder
  private let location: ProjectLocation
  private var state: String { parent.path + "/state" }

  init() throws {
    parent = try TemporaryFolder()
    try parent.write("{}", to: "a/Project/P.4DProject")
    location = try ProjectLocation(opening: parent.path + "/a")
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  private func usual(_ location: ProjectLocation) -> SystemFolder {
    SystemFolder(for: location, stateHome: state, home: "/nowhere")
  }

  private func move(_ from: String, _ to: String) throws {
    try FileManager.default.moveItem(
      atPath: parent.path + "/" + from,
      toPath: parent.path + "/" + to
    )
  }

  @Test func rightsAreRepairedAndTold() throws {
    let folder = SystemFolder(at: state)
    #expect(try folder.create().isEmpty)
    for path in [folder.userPreferences, folder.derivedData, folder.journal] {
      #expect(try mode(path) == 0o700)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.journal)
    let warnings = try folder.create()
    #expect(warnings.count == 1 && warnings[0].contains(folder.journal))
    #expect(try mode(folder.journal) == 0o700)
  }

  @Test func aSocketGroupMayPassTheFolderOnly() throws {
    let folder = SystemFolder(at: state)
    let attributes = try FileManager.default.attributesOfItem(atPath: parent.path)
    let group = try #require(attributes[.groupOwnerAccountID] as? NSNumber)
    #expect(try folder.create(socketGroup: group.uint32Value).isEmpty)
    #expect(try mode(state) == 0o710)
    #expect(try mode(folder.journal) == 0o700)
  }

  @Test func aLinkOrAFileInPlaceOfAFolderIsRefused() throws {
    let folder = SystemFolder(at: state)
    try folder.create()
    try FileManager.default.removeItem(atPath: folder.journal)
    try FileManager.default.createSymbolicLink(
      atPath: folder.journal,
      withDestinationPath: parent.path + "/a"
    )
    #expect { try folder.create() } throws: { "\($0)".contains("symbolic link") }
    try FileManager.default.removeItem(atPath: folder.journal)
    try parent.write("", to: "state/journal")
    #expect { try folder.create() } throws: { "\($0)".contains("no folder") }
  }

  @Test func everyStartHasASecretOfItsOwn() throws {
    let folder = SystemFolder(at: state)
    try folder.create()
    let first = try ProjectToken(for: location, stateHome: state)
    try first.write(into: folder)
    #expect(ProjectToken.read(from: folder) == first)
    #expect(try mode(folder.token) == 0o600)
    let second = try ProjectToken(for: location, stateHome: state)
    #expect(second.secret != first.secret && second.machine == first.machine)
  }

  @Test func aMovedProjectKeepsItsFolder() throws {
    let earlier = usual(location)
    try earlier.create()
    try earlier.writeRecord(of: location)
    try move("a", "b")
    let moved = try ProjectLocation(opening: parent.path + "/b")
    #expect(try usual(moved).adoptEarlier(for: moved) == earlier.path)
    #expect(try usual(moved).adoptEarlier(for: moved) == nil)
    #expect(!FileManager.default.fileExists(atPath: earlier.path))
  }

  @Test func aRenamedProjectKeepsItsFolder() throws {
    let earlier = usual(location)
    try earlier.create()
    try earlier.writeRecord(of: location)
    try move("a/Project/P.4DProject", "a/Project/Q.4DProject")
    let renamed = try ProjectLocation(opening: parent.path + "/a")
    #expect(try usual(renamed).adoptEarlier(for: renamed) == earlier.path)
  }

  @Test func aCopyHasAFolderOfItsOwn() throws {
    let earlier = usual(location)
    try earlier.create()
    try earlier.writeRecord(of: location)
    try FileManager.default.copyItem(atPath: parent.path + "/a", toPath: parent.path + "/b")
    let copy = try ProjectLocation(opening: parent.path + "/b")
    #expect(try usual(copy).adoptEarlier(for: copy) == nil)
  }

  @Test func aFolderInUseIsNotAdopted() throws {
    let earlier = usual(location)
    try earlier.create()
    try earlier.writeRecord(of: location)
    let lock = try SystemFolderLock(earlier)
    try move("a", "b")
    let moved = try ProjectLocation(opening: parent.path + "/b")
    #expect(try usual(moved).adoptEarlier(for: moved) == nil)
    withExtendedLifetime(lock) {}
  }

  @Test func aSecondServerWithAnotherStateFolderIsRefused() throws {
    let first = try RootLock(location, folder: SystemFolder(at: location.root + "/.none"))
    do {
      _ = try RootLock(location, folder: SystemFolder(at: location.root + "/.none"))
      Issue.record("the second lock was given")
    } catch {
      #expect(error.code == .alreadyServed)
    }
    withExtendedLifetime(first) {}
  }

  @Test func onlyFoldersOfTablesThatAreGoneAreRemoved() throws {
    let folder = SystemFolder(at: state)
    try folder.create()
    for name in ["1", "2", "3", "03", "x"] {
      try parent.write("", to: "state/DerivedDataRemote/\(name)/f")
    }
    try parent.write("", to: "state/DerivedDataRemote/7")
    try FileManager.default.createSymbolicLink(
      atPath: folder.derivedData + "/8",
      withDestinationPath: parent.path + "/a"
    )
    #expect(folder.pruneDerivedData(keeping: [2]) == ["1", "3"])
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.derivedData)
    #expect(left.sorted() == ["03", "2", "7", "8", "x"])
  }

  @Test func aStateFolderMayLieBesideProjectButNotInIt() throws {
    try SystemFolder(at: location.root + "/.state").check(against: location)
    for path in ["/Project/state", "/Project", "", "/.."] {
      #expect(throws: HostError.self) {
        try SystemFolder(at: location.root + path).check(against: location)
      }
    }
  }

  @Test func somebodyElsesFolderIsNotTaken() throws {
    try parent.write("", to: "shared/theirs.txt")
    let folder = SystemFolder(at: parent.path + "/shared")
    #expect(throws: HostError.self) { try folder.check(against: location) }
    // Our own folder may have gained a foreign file.
    try folder.writeRecord(of: location)
    try folder.check(against: location)
    try SystemFolder(at: parent.path + "/new").check(against: location)
  }

  @Test func anotherApplicationsFolderIsNotTaken() throws {
    let folder = SystemFolder(at: parent.path + "/Books")
    try folder.create()
    try folder.writeRecord(of: location)
    try folder.check(against: "Shop")
    try folder.writeRecord(of: location, application: "Shop")
    // A server without an application, and a repair, leave it as it is.
    try folder.writeRecord(of: location)
    let findings = SystemFolderExamination(of: folder, for: location).findings
    #expect(!findings.contains { $0.isProblem && $0.path == folder.record })
    try folder.check(against: "Shop")
    let error = #expect(throws: HostError.self) { try folder.check(against: "Library") }
    #expect(error?.code == .stateFolder)
    #expect(
      error?.message.contains("is that of the application Shop, and this is Library") == true
    )
  }

  @Test func ourOwnFolderIsTakenAlsoWithoutItsRecord() throws {
    let folder = SystemFolder(at: parent.path + "/own")
    try folder.create()
    for name in ["server.id", "tls-key.pem", "tls-cert.pem", "revision.key", "lock"] {
      try parent.write("", to: "own/" + name)
    }
    try folder.check(against: location)
  }

  @Test func aRefusedSecondServerLeavesTheFolderToBeAdopted() throws {
    let earlier = usual(location)
    try earlier.create()
    try earlier.writeRecord(of: location)
    let lock = try RootLock(location, folder: earlier)
    try move("a", "b")
    let moved = try ProjectLocation(opening: parent.path + "/b")
    #expect(throws: HostError.self) { _ = try RootLock(moved, folder: usual(moved)) }
    #expect(usual(moved).orEarlier(for: moved) == earlier)
    withExtendedLifetime(lock) {}
    #expect(try usual(moved).adoptEarlier(for: moved) == earlier.path)
    #expect(usual(moved).orEarlier(for: moved) == usual(moved))
  }

  @Test func aLockThatIsALinkIsNotFollowed() throws {
    let folder = SystemFolder(at: state)
    try folder.create()
    try parent.write("precious", to: "victim")
    try FileManager.default.createSymbolicLink(
      atPath: state + "/lock",
      withDestinationPath: parent.path + "/victim"
    )
    #expect(throws: HostError.self) { _ = try SystemFolderLock(folder) }
    #expect(try String(contentsOfFile: parent.path + "/victim", encoding: .utf8) == "precious")
  }

  @Test func theProjectsOwnFoldersStayAsTheyAre() throws {
    try parent.write("1", to: "a/userPreferences.anna/settings.json")
    try parent.write("2", to: "a/Project/DerivedData/1/x.json")
    let before = try FileManager.default.subpathsOfDirectory(atPath: location.root).sorted()
    let folder = usual(location)
    try folder.create()
    try folder.writeRecord(of: location)
    try ProjectToken(for: location, stateHome: state).write(into: folder)
    _ = folder.pruneDerivedData(keeping: [])
    let after = try FileManager.default.subpathsOfDirectory(atPath: location.root).sorted()
    #expect(before == after)
  }
}
