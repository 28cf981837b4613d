import Bundler
import Foundation
import ProjectModel
import Testing

/// Incremental equals clean, whatever the order of edits, by the judgement of another program.
@Suite(.timeLimit(.minutes(longestTest))) struct EditStepsTests {
  private static let steps =
    ProcessInfo.processInfo.environment["SYNCD_EDIT_STEPS"].flatMap { Int($0) } ?? 300

  @Test(arguments: [UInt64(1), 20_260_101])
  func everyStepGivesTheBytesOfACleanBuild(seed: UInt64) async throws {
    let project = try TestProject()
    let store = try BundleStore(folder: project.output.path)
    let builder = BundleBuilder(root: project.root.path)
    let oracle = try Oracle()
    var edits = RandomEdits(root: project.root, seed: seed)
    _ = try await builder.build()
    for step in 0..<Self.steps {
      var changes: [TreeChange] = []
      for _ in 0..<edits.number(upTo: 3) { changes += try edits.step() }
      let snapshot = try await builder.update(changes)
      let expected = try oracle.bundle(of: project.root.path)
      try #require(snapshot.manifest.digest.hex == expected.digest, "step \(step): \(changes)")
      // Some states are superseded before they are published.
      guard edits.number(upTo: 4) > 1 else { continue }
      let bundle = try await store.publish(snapshot)
      let bytes = try bundle.read(at: 0, count: Int(bundle.size))
      try #require(bytes == expected.archive, "step \(step): \(changes)")
    }
    let clean = try await BundleBuilder(root: project.root.path).build()
    let last = try await builder.update([])
    #expect(clean.manifest.digest == last.manifest.digest)
    #expect(last.manifest.changedPaths(since: clean.manifest).isEmpty)
  }

  @Test func fileTimesFollowTheDiskInEveryStep() async throws {
    let project = try TestProject()
    let builder = BundleBuilder(
      root: project.root.path,
      options: BundleOptions(timestamps: .file)
    )
    let store = try BundleStore(folder: project.output.path)
    let oracle = try Oracle()
    var edits = RandomEdits(root: project.root, seed: 7)
    for step in 0..<60 {
      let snapshot = try await builder.update(try edits.step())
      let expected = try oracle.bundle(of: project.root.path, timestamps: "file")
      try #require(snapshot.manifest.digest.hex == expected.digest, "step \(step)")
      let bundle = try await store.publish(snapshot)
      try #require(try bundle.read(at: 0, count: Int(bundle.size)) == expected.archive)
    }
  }
}
