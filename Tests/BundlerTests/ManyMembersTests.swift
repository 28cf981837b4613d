import Bundler
import Foundation
import ProjectModel
import Testing

/// Enough members that the tree of digests has several levels and many groups.
@Suite(.timeLimit(.minutes(longestTest))) struct ManyMembersTests {
  @Test func theDigestOfEachStepIsThatOfTheWholeList() async throws {
    let project = try TestProject()
    for number in 0..<4_500 {
      let folder = number % 60
      if number < 60 { try project.root.folder("Project/f\(folder)") }
      let file = creat(project.root.full("Project/f\(folder)/\(number)"), 0o600)
      let text = Array("\(number)".utf8)
      write(file, text, text.count)
      close(file)
    }
    let builder = BundleBuilder(root: project.root.path)
    let oracle = try Oracle()
    let first = try await builder.build()
    #expect(first.manifest.digest.hex == (try oracle.bundle(of: project.root.path)).digest)
    var generator = SeededGenerator(seed: 11)
    for step in 0..<40 {
      var paths: [String] = []
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let number = Int.random(in: 0..<4_700, using: &generator)
        let path = "Project/f\(number % 60)/\(number)"
        if Int.random(in: 0..<3, using: &generator) == 0 {
          unlink(project.root.full(path))
        } else {
          try project.root.write(path, "\(step) \(number)")
        }
        paths.append(path)
      }
      if step % 10 == 7 {
        let folder = "Project/f\(step)"
        try project.root.remove(folder)
        paths.append(folder)
      }
      let snapshot = try await builder.update(paths.map { .path(ProjectPath($0)) })
      let whole = try Manifest(decoding: snapshot.manifest.encoded())
      try #require(snapshot.manifest.digest == whole.digest, "step \(step)")
      #expect(snapshot.manifest.archiveSize == whole.archiveSize)
      if step % 13 == 0 {
        let expected = try oracle.bundle(of: project.root.path)
        #expect(snapshot.manifest.digest.hex == expected.digest)
      }
    }
    // From many members to two, and back to several levels.
    let aside = project.output.full("aside")
    rename(project.root.full("Project/f1"), aside)
    for folder in 0..<60 { try? project.root.remove("Project/f\(folder)") }
    #expect(try await builder.update([.subtree(.root)]).manifest.members.count == 2)
    rename(aside, project.root.full("Project/f1"))
    let back = try await builder.update([.path(ProjectPath("Project/f1"))])
    #expect(back.manifest.digest.hex == (try oracle.bundle(of: project.root.path)).digest)
  }
}
