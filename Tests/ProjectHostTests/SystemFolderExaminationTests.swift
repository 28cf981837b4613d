import Bundler
import Foundation
import ProjectHost
import ProjectModel
import Testing

@Suite struct SystemFolderExaminationTests {
  private let parent: TemporaryFolder
  private let location: ProjectLocation
  private let folder: SystemFolder

  init() throws {
    parent = try TemporaryFolder()
    try parent.write("{}", to: "a/Project/P.4DProject")
    location = try ProjectLocation(opening: parent.path + "/a")
    folder = SystemFolder(at: parent.path + "/homes/state")
    try folder.create()
    try folder.writeRecord(of: location)
    try ProjectToken(for: location, stateHome: parent.path).write(into: folder)
  }

  private func problems() -> Set<String> {
    let examination = SystemFolderExamination(of: folder, for: location)
    return Set(examination.findings.filter(\.isProblem).map(\.path))
  }

  private func damage() throws {
    try FileManager.default.removeItem(atPath: folder.journal)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.token)
    try parent.write("", to: "homes/state/.root.json.syncd-new")
    try parent.write("", to: "homes/state/mine.txt")
  }

  @Test func aSoundFolderHasNoProblems() { #expect(problems().isEmpty) }

  @Test func damageIsFoundAndRepairedAndForeignItemsStay() throws {
    try damage()
    #expect(problems() == [folder.journal, folder.token, SmallFile.unfinished(folder.record)])
    let left = try SystemFolderExamination(of: folder, for: location).repair()
    #expect(left.findings.filter(\.isProblem).isEmpty)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/mine.txt"))
  }

  @Test func aRepairSaysThatNoServerRuns() throws {
    try FileManager.default.removeItem(atPath: folder.journal)
    let left = try SystemFolderExamination(of: folder, for: location).repair()
    #expect(!left.isServed)
    #expect(left.findings.filter(\.isProblem).isEmpty)
    #expect(left.findings.contains { $0.what == "No server runs." })
  }

  @Test func everyFileThatOthersCanReadIsFound() throws {
    for name in ["server.id", "tls-key.pem", "revision.key"] {
      try parent.write("", to: "homes/state/" + name)
      #expect(chmod("\(folder.path)/\(name)", 0o644) == 0)
    }
    #expect(problems().count == 3)
    let left = try SystemFolderExamination(of: folder, for: location).repair()
    #expect(left.findings.filter(\.isProblem).isEmpty)
    #expect(!left.findings.contains { $0.what.contains("not syncd's") })
  }

  @Test func whatStandsInTheWayOfTheSocketIsFound() throws {
    try parent.write("", to: "homes/state/syncd.sock")
    #expect(problems() == [folder.socket])
  }

  @Test func nothingIsTouchedWhileAServerRuns() throws {
    let lock = try SystemFolderLock(folder)
    try damage()
    let before = problems()
    let left = try SystemFolderExamination(of: folder, for: location).repair()
    #expect(left.isServed)
    #expect(problems() == before)
    #expect(!FileManager.default.fileExists(atPath: folder.journal))
    withExtendedLifetime(lock) {}
  }

  @Test func aDamagedBundleIsFoundAndRemoved() async throws {
    let store = try BundleStore(folder: folder.generations)
    let snapshot = try await BundleBuilder(root: location.root).build()
    try await store.publish(snapshot)
    #expect(problems().isEmpty)
    let bundle = "\(folder.generations)/\(snapshot.manifest.digest.hex).4dz"
    let file = try #require(FileHandle(forWritingAtPath: bundle))
    try file.seek(toOffset: 40)
    try file.write(contentsOf: Data([0xFF, 0xFF]))
    try file.close()
    #expect(problems() == [bundle])
    let left = try SystemFolderExamination(of: folder, for: location).repair()
    #expect(left.findings.filter(\.isProblem).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: bundle))
  }

  @Test func whatBelongsToAnotherAccountIsFound() throws {
    // Only root can give a file away.
    guard geteuid() == 0 else { return }
    #expect(chown(folder.derivedData, 12_345, 12_345) == 0)
    #expect(problems() == [folder.derivedData])
  }

  @Test func theFolderOfAnotherProjectIsAProblem() throws {
    try parent.write("{}", to: "b/Project/P.4DProject")
    let other = try ProjectLocation(opening: parent.path + "/b")
    let findings = SystemFolderExamination(of: folder, for: other).findings
    #expect(findings.contains { $0.isProblem && $0.path == folder.record && $0.repair == nil })
  }
}
