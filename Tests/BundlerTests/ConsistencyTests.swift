import Bundler
import Foundation
import ProjectModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct ConsistencyTests {
  private let project: TestProject

  init() throws { project = try TestProject() }

  /// A writer changes a file without a pause: what is published is one of the states it had.
  @Test func aTornFileIsNeverInABundle() async throws {
    let size = 400_000
    let letters = Array("abcdefgh".utf8)
    // A writer that is held up leaves the file as it is at that moment, with some of its pages written.
    let pages = Array(stride(from: 4_096, to: size, by: 4_096))
    var states: Set<Digest> = []
    for (index, letter) in letters.enumerated() {
      let next = letters[(index + 1) % letters.count]
      var content = [UInt8](repeating: letter, count: size)
      var written = 0
      for end in (pages + [size / 2, size]).sorted() {
        content.replaceSubrange(written..<end, with: [UInt8](repeating: next, count: end - written))
        written = end
        states.insert(SHA256.digest(of: content))
      }
    }
    let path = project.root.full("Project/moving")
    try project.root.write("Project/moving", bytes: [UInt8](repeating: letters[0], count: size))
    let builder = BundleBuilder(root: project.root.path)
    let writer = Writer(path) { file, turn in
      let content = [UInt8](repeating: letters[turn % letters.count], count: size)
      pwrite(file, content, size / 2, 0)
      pwrite(file, content, size - size / 2, off_t(size / 2))
    }
    var isUnread = false
    for _ in 0..<15 {
      do {
        let snapshot = try await builder.update([.path(ProjectPath("Project/moving"))])
        let member = snapshot.manifest.member(at: ProjectPath("Project/moving"), kind: .file)
        #expect(member.map { states.contains($0.content) } == true)
        isUnread = false
      } catch {
        #expect(error.code == .unstable)
        #expect(error.path == "Project/moving")
        isUnread = true
      }
    }
    await writer.stop()
    // Nothing was lost: what failed is read without being told again.
    let last = try await builder.update(isUnread ? [] : [.path(ProjectPath("Project/moving"))])
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

/// Writes to a file without a pause on a thread of its own: tasks share a few, and the builder needs one.
private final class Writer: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let end: AsyncStream<Void>

  init(_ path: String, _ body: @escaping @Sendable (_ file: Int32, _ turn: Int) -> Void) {
    let (end, ending) = AsyncStream.makeStream(of: Void.self)
    self.end = end
    Thread {
      let file = open(path, O_WRONLY | O_CLOEXEC)
      var turn = 0
      while !self.isOver.load(ordering: .relaxed) {
        turn += 1
        body(file, turn)
      }
      close(file)
      ending.finish()
    }.start()
  }

  /// Returns after the last call of the body.
  func stop() async {
    isOver.store(true, ordering: .relaxed)
    for await _ in end {}
  }
}
