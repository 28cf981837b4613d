import Bundler
import Foundation
import ProjectModel
import Synchronization
import Testing

@Suite struct ConsistencyTests {
  private let project: TestProject

  init() throws { project = try TestProject() }

  /// A writer changes a file without a pause: what is published is one of the states it had.
  @Test func aTornFileIsNeverInABundle() async throws {
    let size = 400_000
    let letters = Array("abcdefgh".utf8)
    let states = Set(
      letters.map { SHA256.digest(of: [UInt8](repeating: $0, count: size)) }
    )
    let path = project.root.full("Project/moving")
    try project.root.write("Project/moving", bytes: [UInt8](repeating: letters[0], count: size))
    let stop = Flag()
    let builder = BundleBuilder(root: project.root.path)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        let file = open(path, O_WRONLY)
        var turn = 0
        while !stop.isSet {
          turn += 1
          let content = [UInt8](repeating: letters[turn % letters.count], count: size)
          pwrite(file, content, size / 2, 0)
          pwrite(file, content, size - size / 2, off_t(size / 2))
        }
        close(file)
      }
      for _ in 0..<15 {
        do {
          let snapshot = try await builder.update([.path(ProjectPath("Project/moving"))])
          let member = snapshot.manifest.member(at: ProjectPath("Project/moving"), kind: .file)
          #expect(member.map { states.contains($0.content) } == true)
        } catch {
          let error = error as? BundleError
          #expect(error?.code == .unstable)
          #expect(error?.path == "Project/moving")
        }
      }
      stop.set()
    }
    // Nothing was lost: what failed is read without being told again.
    let last = try await builder.update([])
    let content = try project.root.read("Project/moving")
    let member = last.manifest.member(at: ProjectPath("Project/moving"), kind: .file)
    #expect(member?.content == SHA256.digest(of: content))
  }

  @Test func sameContentKeepsTheMember() async throws {
    try project.root.write("Project/a.4dm", "ALERT(1)")
    let builder = BundleBuilder(root: project.root.path)
    let first = try await builder.build()
    try project.root.write("Project/a.4dm", "ALERT(1)")
    let second = try await builder.update([.path(ProjectPath("Project/a.4dm"))])
    #expect(second.manifest.changedPaths(since: first.manifest).isEmpty)
    #expect(second.manifest.digest == first.manifest.digest)
    #expect(zip(first.manifest.members, second.manifest.members).allSatisfy { $0 === $1 })
  }

  @Test func changesAreCountedAndNamed() async throws {
    try project.root.write("Project/a", "1")
    try project.root.write("Project/b", "1")
    let builder = BundleBuilder(root: project.root.path)
    let first = try await builder.build()
    #expect(first.manifest.changedPaths(since: nil).count == 4)
    try project.root.write("Project/a", "2")
    try project.root.remove("Project/b")
    try project.root.write("Project/c/d", "1")
    let snapshot = try await builder.update([.subtree(.root)])
    #expect(
      snapshot.manifest.changedPaths(since: first.manifest).map(\.display)
        == ["Project/a", "Project/b", "Project/c", "Project/c/d"]
    )
  }

  @Test func aMissingProjectFailsAndHealsWithoutBeingToldAgain() async throws {
    let builder = BundleBuilder(root: project.root.path)
    let first = try await builder.build()
    rename(project.root.full("Project"), project.root.full("elsewhere"))
    let error = await #expect(throws: BundleError.self) {
      try await builder.update([.path(ProjectPath("Project"))])
    }
    #expect(error?.code == .projectMissing)
    rename(project.root.full("elsewhere"), project.root.full("Project"))
    let healed = try await builder.update([])
    #expect(healed.manifest.digest == first.manifest.digest)
  }

  @Test func aReplacedRootIsReadAnew() async throws {
    let builder = BundleBuilder(root: project.root.full("app"))
    try project.root.write("app/Project/a", "1")
    _ = try await builder.build()
    try project.root.write("new/Project/b", "2")
    try project.root.remove("app")
    rename(project.root.full("new"), project.root.full("app"))
    let snapshot = try await builder.update([])
    #expect(snapshot.manifest.members.map(\.path.display) == ["Project", "Project/b"])
  }

  /// The superuser reads everything, so this needs an ordinary account.
  @Test(.enabled(if: geteuid() != 0))
  func anUnreadableFileFailsWithItsNameAndHeals() async throws {
    try project.root.write("Project/a", "1")
    chmod(project.root.full("Project/a"), 0)
    let builder = BundleBuilder(root: project.root.path)
    let error = await #expect(throws: BundleError.self) { try await builder.build() }
    #expect(error?.code == .unreadable)
    #expect(error?.path == "Project/a")
    chmod(project.root.full("Project/a"), 0o600)
    #expect(try await builder.update([]).manifest.members.count == 3)
  }

  @Test func errorsAreOneSentenceWithPathAndRemedy() {
    let unreadable = BundleError.unreadable(EACCES, isFolder: false, path: "Project/a")
    #expect(
      unreadable.description
        == "Project/a: the file cannot be read (Permission denied); "
        + "give syncd the right to read it, or move it out of Project"
    )
    let full = BundleError.system(ENOSPC, doing: "write the bundle", path: "/srv")
    #expect(full.code == .diskFull)
    #expect(
      full.description
        == "/srv: cannot write the bundle: the file system is full; "
        + "nothing was lost, the last bundle stays; free some space"
    )
  }
}

private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}
