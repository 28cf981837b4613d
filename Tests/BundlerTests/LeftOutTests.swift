import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct LeftOutTests {
  private let project: TestProject

  init() throws { project = try TestProject() }

  @Test func linksAndPipesAreLeftOutAndSaid() async throws {
    try project.root.write("outside", "secret")
    try FileManager.default.createSymbolicLink(
      atPath: project.root.full("Project/link.4dm"),
      withDestinationPath: "../outside"
    )
    try FileManager.default.createSymbolicLink(
      atPath: project.root.full("Project/Loop"),
      withDestinationPath: "."
    )
    mkfifo(project.root.full("Project/pipe"), 0o600)
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    #expect(snapshot.manifest.members.count == 2)
    #expect(
      snapshot.problems.map { "\($0.rule) \($0.severity) \($0.file)" } == [
        "symbolic-link warning Project/Loop", "symbolic-link warning Project/link.4dm",
        "special-file warning Project/pipe",
      ]
    )
  }

  @Test func aNameThatIsNotUTF8IsLeftOutAndSaidUntilItIsGone() async throws {
    let name = Array(project.root.full("Project/").utf8) + [0x66, 0xff, 0xfe]
    let path = name.map { CChar(bitPattern: $0) } + [0]
    close(creat(path, 0o600))
    let builder = BundleBuilder(root: project.root.path)
    let snapshot = try await builder.build()
    #expect(snapshot.manifest.members.count == 2)
    #expect(snapshot.problems.map(\.rule) == ["name-not-utf8"])
    unlink(path)
    let healed = try await builder.update([.subtree(.root)])
    #expect(healed.problems.isEmpty)
  }

  @Test func derivedDataTrashAndJunkAreNoMembersAndNoProblems() async throws {
    for name in [
      "DerivedData/a", "Trash/b.4dm", ".DS_Store", "._x", "Sources/x~", "Sources/.a.swp",
      "Sources/4913", "x.tmp",
    ] { try project.root.write("Project/\(name)", "x") }
    try project.root.write("Project/Sources/TableForms/4913/form.4DForm", "{}")
    try project.root.write("Settings/directory.json", "{}")
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    #expect(snapshot.problems.isEmpty)
    #expect(
      snapshot.manifest.members.map(\.path.display) == [
        "Project", "Project/Test.4DProject", "Project/Sources", "Project/Sources/TableForms",
        "Project/Sources/TableForms/4913", "Project/Sources/TableForms/4913/form.4DForm",
      ]
    )
  }

  @Test func namesKeepTheirBytes() async throws {
    let names = ["x%2Fy", "new\nline", "back\\slash", "u\u{308}", "ü", "q\u{7f}"]
    for name in names { try project.root.write("Project/\(name)", name) }
    let snapshot = try await BundleBuilder(root: project.root.path).build()
    let found = snapshot.manifest.members.map { Array($0.path.name) }
    for name in names { #expect(found.contains(Array(name.utf8))) }
    let text = snapshot.manifest.encoded()
    #expect(try Manifest(decoding: text).digest == snapshot.manifest.digest)
    #expect(String(decoding: text, as: UTF8.self).contains("Project/new\\x0Aline\n"))
  }
}
