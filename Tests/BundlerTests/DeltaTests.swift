import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct DeltaTests {
  @Test func theZlibInUsePacksAsTheFormatWants() {
    #expect(ZlibSelfTest.passes, "\(ZlibSelfTest.corpusDigest())")
  }

  /// Every kept generation leads to every other, in both forms, over restarts, and is served whole.
  @Test(arguments: [UInt64(3), 20_261_121])
  func everyKeptPairLeadsToTheBytesOfACleanBuild(seed: UInt64) async throws {
    var published = try PublishedProject()
    let oracle = try Oracle()
    var edits = RandomEdits(root: published.project.root, seed: seed)
    let output = try TemporaryFolder()
    _ = try await published.publish([])
    for step in 0..<(8 + 6 * fuzzRounds) {
      var changes: [TreeChange] = []
      for _ in 0..<edits.number(upTo: 4) { changes += try edits.step() }
      let digest = try await published.publish(changes)
      if edits.number(upTo: 5) == 1 { try published.restart() }
      let expected = try oracle.bundle(of: published.project.root.path)
      try #require(digest.hex == expected.digest, "step \(step)")
      let kept = await published.store.keptDigests
      let pair = (kept[edits.number(upTo: kept.count) - 1], digest)
      let pieces = edits.number(upTo: 3000)
      try await check(published, pair, .content, pieces, output, "step \(step)")
    }
    let kept = await published.store.keptDigests
    #expect(kept.count >= 7)
    for from in kept {
      let whole = try await published.store.wholeBundle(from).bytes()
      try #require(whole == published.archive(from))
      for to in kept {
        for form in DeltaForm.allCases {
          let pieces = edits.number(upTo: 3000)
          try await check(published, (from, to), form, pieces, output, "\(from) \(to)")
        }
      }
    }
  }

  private func check(
    _ published: PublishedProject,
    _ pair: (from: Digest, to: Digest),
    _ form: DeltaForm,
    _ pieces: Int,
    _ output: TemporaryFolder,
    _ note: String
  ) async throws {
    let (from, to) = pair
    let delta = try await published.store.delta(from: from, to: to, form: form)
    let base = try await published.store.wholeBundle(from)
    let path = output.full("result.4dz")
    let result = try apply(
      try delta.bytes(),
      to: base,
      target: to,
      writing: path,
      pieces: pieces
    )
    try #require(result.digest == to, "\(note)")
    let bytes = try output.read("result.4dz")
    try #require(bytes == published.archive(to), "\(note)")
  }

  @Test func oneChangedMethodCostsAFewHundredBytes() async throws {
    var published = try PublishedProject()
    let root = published.project.root
    for number in 0..<800 {
      try root.write(
        "Project/Sources/Methods/m\(number).4dm",
        sourceText(700, seed: UInt64(number))
      )
    }
    let text = sourceText(4000, seed: 9999)
    let first = try await published.publish("Project/Sources/Methods/m400.4dm", text)
    let changed = text.replacing("If ($value1", with: "If ($other", maxReplacements: 1)
    let second = try await published.publish("Project/Sources/Methods/m400.4dm", changed)
    let delta = try await published.store.delta(from: first, to: second)
    #expect(delta.size < 450, "\(delta.size)")
    let packed = try await published.store.delta(from: first, to: second, form: .packed)
    #expect(packed.size > 1000)
  }

  /// What is renamed, copied or only touched is not sent; two equal new files are sent once.
  @Test func contentThatIsThereIsNotSent() async throws {
    var published = try PublishedProject()
    let root = published.project.root
    try root.write("Project/Resources/a.bin", bytes: noise(300_000, seed: 1))
    let first = try await published.publish([.subtree(.root)])
    try root.write("Project/Resources/copy.bin", bytes: noise(300_000, seed: 1))
    try root.remove("Project/Resources/a.bin")
    try root.write("Project/Other/b.bin", bytes: noise(300_000, seed: 1))
    try root.write("Project/Other/empty", "")
    try root.write("Project/Other/new1", bytes: noise(20_000, seed: 2))
    try root.write("Project/Other/new2", bytes: noise(20_000, seed: 2))
    let second = try await published.publish([.subtree(.root)])
    let delta = try await published.store.delta(from: first, to: second)
    #expect(delta.size < 21_000, "\(delta.size)")
    let result = try apply(
      try delta.bytes(),
      to: try await published.store.wholeBundle(first),
      target: second,
      writing: root.full("result.4dz")
    )
    #expect(try result.bytes() == published.archive(second))
  }

  /// A window of 32 kB would not reach over a large form.
  @Test func aSmallChangeInALargeFileIsSmall() async throws {
    var published = try PublishedProject()
    let text = sourceText(900_000, seed: 4)
    let first = try await published.publish("Project/form.4DForm", text)
    let middle = text.index(text.startIndex, offsetBy: 400_000)
    var changed = String(text[..<middle]) + "// put in\n" + String(text[middle...])
    changed.removeLast(5_000)
    let second = try await published.publish("Project/form.4DForm", changed)
    let delta = try await published.store.delta(from: first, to: second)
    #expect(delta.size < 600, "\(delta.size)")
  }

  @Test func aDeltaIsComputedOnceForAllWhoAsk() async throws {
    var published = try PublishedProject()
    let first = try await published.publish("Project/a", "1")
    let second = try await published.publish("Project/a", sourceText(90_000, seed: 1))
    let store = published.store
    let deltas = try await withThrowingTaskGroup(of: EncodedDelta.self) { group in
      for _ in 0..<40 { group.addTask { try await store.delta(from: first, to: second) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(deltas.allSatisfy { $0 === deltas[0] })
    // Made anew it has the same bytes, so a download can be resumed after a restart.
    try published.restart()
    let again = try await published.store.delta(from: first, to: second)
    #expect(again !== deltas[0])
    #expect(try again.bytes() == deltas[0].bytes())
    #expect(again.digest == SHA256.digest(of: try again.bytes()))
    #expect(again.digest == deltas[0].digest)
  }

  /// A generation is promised before its file is there.
  @Test func aDeltaToWhatIsBeingWrittenIsThere() async throws {
    var published = try PublishedProject()
    let first = try await published.publish("Project/a", sourceText(2000, seed: 1))
    try published.project.root.write("Project/a", sourceText(3000, seed: 2))
    let snapshot = try await published.builder.update([.path(ProjectPath("Project/a"))])
    let store = published.store
    let target = snapshot.manifest.digest
    let path = published.project.root.full("early.4dz")
    let bundle = try await store.publish(snapshot) {
      let delta = try await store.delta(from: first, to: target)
      let base = try await store.wholeBundle(first)
      _ = try apply(try delta.bytes(), to: base, target: target, writing: path)
    }
    #expect(try verifyBundle(at: path).digest == target)
    #expect(try bundle.bytes() == published.project.root.read("early.4dz"))
  }

  @Test func aDeltaFromAFileIsApplied() async throws {
    var published = try PublishedProject()
    let first = try await published.publish("Project/a", sourceText(2000, seed: 1))
    let second = try await published.publish("Project/b", bytes: 700_000)
    let delta = try await published.store.delta(from: first, to: second)
    #expect(delta.bytesInMemory == nil)
    let root = published.project.root
    try root.write("delta", bytes: try delta.bytes())
    let base = try await published.store.wholeBundle(first)
    try root.write("app.4dz", bytes: try base.bytes())
    let own = try BundleFile(path: root.full("app.4dz"), manifest: base.manifest)
    // Onto the base's own name, as a client does.
    let result = try applyDelta(
      root.full("delta"),
      to: own,
      target: second,
      writing: root.full("app.4dz")
    )
    #expect(try root.read("app.4dz") == published.archive(second))
    #expect(try result.bytes() == published.archive(second))
    let attributes = try FileManager.default.attributesOfItem(atPath: root.full("app.4dz"))
    #expect(attributes[.posixPermissions] as? Int == 0o444)
    #expect(try own.bytes() == published.archive(first))
  }
}

extension PublishedProject {
  mutating func publish(_ name: String, bytes count: Int) async throws -> Digest {
    try project.root.write(name, bytes: noise(count, seed: 77))
    return try await publish([.path(ProjectPath(name))])
  }
}
