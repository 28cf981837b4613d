import Bundler
import Foundation
import ProjectModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct StoreTests {
  private let project: TestProject
  private let method = ProjectPath("Project/Sources/Methods/a.4dm")

  init() throws {
    project = try TestProject()
    try write(0)
  }

  private func write(_ number: Int) throws {
    try project.root.write(method.display, String(repeating: "$a:=\(number)\n", count: 40))
  }

  @Test func theLastTwoBundlesAreWholeAndOpenOnesStayReadable() async throws {
    let builder = BundleBuilder(root: project.root.path)
    let store = try BundleStore(folder: project.output.path)
    var bundles: [BundleFile] = []
    for number in 0..<4 {
      try write(number)
      bundles.append(try await store.publish(try await builder.update([.path(method)])))
    }
    let kept = bundles.suffix(2).flatMap { ["\($0.digest.hex).4dz", "\($0.digest.hex).manifest"] }
    let past = bundles.prefix(2).map { "\($0.digest.hex).past" }
    #expect(try project.output.names() == (kept + past).sorted())
    #expect(await store.bundle(bundles[0].digest) == nil)
    #expect(await store.latest?.digest == bundles[3].digest)
    #expect(await store.manifest(bundles[2].digest)?.digest == bundles[2].digest)
    let bytes = try bundles[0].read(at: 0, count: .max)
    #expect(UInt64(bytes.count) == bundles[0].size)
    for bundle in bundles.suffix(2) {
      #expect(try verifyBundle(at: bundle.path).digest == bundle.digest)
      let text = try project.output.read("\(bundle.digest.hex).manifest")
      #expect(text == bundle.manifest.encoded())
    }
  }

  @Test func theSameStateIsPublishedOnce() async throws {
    let builder = BundleBuilder(root: project.root.path)
    let store = try BundleStore(folder: project.output.path)
    let first = try await store.publish(try await builder.build())
    try write(1)
    _ = try await store.publish(try await builder.update([.path(method)]))
    try write(0)
    let again = try await store.publish(try await builder.update([.path(method)]))
    #expect(again === first)
  }

  @Test func supersededSnapshotsNeedNotBePublished() async throws {
    let builder = BundleBuilder(root: project.root.path)
    let store = try BundleStore(folder: project.output.path)
    let first = try await builder.build()
    var last = first
    for number in 1..<5 {
      try write(number)
      last = try await builder.update([.path(method)])
    }
    let newest = try await store.publish(last)
    #expect(try verifyBundle(at: newest.path).digest == last.manifest.digest)
    // An old one can still be written: it holds what it needs.
    let oldest = try await store.publish(first)
    #expect(try verifyBundle(at: oldest.path).digest == first.manifest.digest)
    try write(9)
    let after = try await store.publish(try await builder.update([.path(method)]))
    #expect(try verifyBundle(at: after.path).digest == after.digest)
  }

  @Test func unfinishedFilesOfAnEarlierRunGo() async throws {
    try project.output.write(".syncd-new-abcdef", "half")
    try project.output.write("0123.4dz", "not ours")
    _ = try BundleStore(folder: project.output.path)
    #expect(try project.output.names() == ["0123.4dz"])
  }

  @Test func aDamagedBundleOrAManifestAloneIsNotTakenOver() async throws {
    let digest = String(repeating: "ab", count: 32)
    try project.output.write("\(digest).4dz", "half")
    try project.output.write("\(String(repeating: "cd", count: 32)).manifest", "alone")
    let store = try BundleStore(folder: project.output.path)
    #expect(await store.latest == nil)
    #expect(try project.output.names().isEmpty)
  }

  /// Nothing is published for long: what waits goes to a file, and all of it is still there.
  @Test func manyUnpublishedUpdatesStayWhole() async throws {
    let builder = BundleBuilder(root: project.root.path, scratch: project.output.path)
    var generator = SeededGenerator(seed: 2)
    var last = try await builder.build()
    let first = last
    for number in 0..<70 {
      let noise = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let path = "Project/noise\(number % 50)"
      try project.root.write(path, bytes: noise)
      last = try await builder.update([.path(ProjectPath(path))])
    }
    try project.output.folder("store")
    let store = try BundleStore(folder: project.output.full("store"))
    let bundle = try await store.publish(last)
    #expect(bundle.digest.hex == (try Oracle().bundle(of: project.root.path)).digest)
    #expect(try verifyBundle(at: bundle.path).digest == bundle.digest)
    try writeBundle(first, to: project.output.full("first.4dz"))
    #expect(
      try verifyBundle(at: project.output.full("first.4dz")).digest == first.manifest.digest
    )
    #expect(try project.output.names() == ["first.4dz", "store"])
  }

  @Test func aDamagedBundleIsNoticedAndMadeAnew() async throws {
    let builder = BundleBuilder(root: project.root.path)
    let store = try BundleStore(folder: project.output.path)
    let bundle = try await store.publish(try await builder.build())
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: bundle.path))
    try file.truncate(atOffset: 40)
    try file.close()
    try write(1)
    let healed = try await store.publish(try await builder.update([.path(method)]))
    #expect(try verifyBundle(at: healed.path).digest == healed.digest)
  }

  @Test func aRestartGoesOnFromTheBundle() async throws {
    let first = BundleBuilder(root: project.root.path)
    let bundle = try await BundleStore(folder: project.output.path)
      .publish(try await first.build())
    let store = try BundleStore(folder: project.output.path)
    let found = try #require(await store.latest)
    #expect(found.digest == bundle.digest)
    try write(1)
    let second = BundleBuilder(root: project.root.path)
    let snapshot = try await second.resume(from: found, index: nil)
    #expect(snapshot.manifest.changedPaths(since: found.manifest).count == 1)
    let expected = try Oracle().bundle(of: project.root.path)
    let published = try await store.publish(snapshot)
    #expect(published.digest.hex == expected.digest)
    #expect(try published.read(at: 0, count: .max) == expected.archive)
  }

  @Test func aLostManifestIsReadFromTheBundle() async throws {
    let bundle = try await BundleStore(folder: project.output.path)
      .publish(try await BundleBuilder(root: project.root.path).build())
    try project.output.write("\(bundle.digest.hex).manifest", "torn")
    let store = try BundleStore(folder: project.output.path)
    #expect(await store.latest?.digest == bundle.digest)
    #expect(
      try project.output.read("\(bundle.digest.hex).manifest") == bundle.manifest.encoded()
    )
  }

  @Test func aSoundIndexSparesTheReadingAndABadOneChangesNothing() async throws {
    let counter = CountingInspector()
    let first = BundleBuilder(root: project.root.path, inspector: counter)
    let store = try BundleStore(folder: project.output.path)
    let bundle = try await store.publish(try await first.build())
    #expect(counter.count == 2)
    // A file just written is not trusted; the clock passes that soon.
    repeat {
      _ = try await first.update([.subtree(.root)])
    } while try isUnsettled(try #require(await first.savedIndex()))
    try await store.saveIndex(try #require(await first.savedIndex()))
    #expect(counter.count == 2)

    let index = try #require(await store.savedIndex)
    let second = BundleBuilder(root: project.root.path, inspector: counter)
    let resumed = try await second.resume(from: bundle, index: index)
    #expect(counter.count == 2)
    #expect(resumed.manifest.changedPaths(since: bundle.manifest).isEmpty)
    #expect(resumed.problems.map(\.rule) == ["counted", "counted"])

    var bad = index
    bad[bad.count / 2] ^= 1
    for broken in [bad, [], Array(index.dropLast(70)), Array("syncd-index 1".utf8)] {
      let third = BundleBuilder(root: project.root.path, inspector: CountingInspector())
      let snapshot = try await third.resume(from: bundle, index: broken)
      #expect(snapshot.manifest.digest == resumed.manifest.digest)
      #expect(snapshot.problems == resumed.problems)
    }
  }

  private func isUnsettled(_ index: [UInt8]) throws -> Bool {
    String(decoding: index, as: UTF8.self).split(separator: "\n")
      .contains { $0.hasPrefix("file") && $0.split(separator: "\t")[6] == "0" }
  }
}

private final class CountingInspector: MemberInspector {
  private let calls = Atomic<Int>(0)

  var count: Int { calls.load(ordering: .relaxed) }

  func inspect(_ path: ProjectPath, content: [UInt8]) -> [Problem] {
    calls.wrappingAdd(1, ordering: .relaxed)
    return [
      Problem(
        rule: "counted",
        severity: .warning,
        file: path.display,
        line: 2,
        text: "a\ttab and \(content.count)\nlines"
      )
    ]
  }
}
