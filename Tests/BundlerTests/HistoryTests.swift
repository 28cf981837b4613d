import Bundler
import Foundation
import ProjectModel
import Testing

@Suite(.timeLimit(.minutes(longestTest))) struct HistoryTests {
  private static let method = "Project/Sources/Methods/a.4dm"

  private func published(_ count: Int, noise size: Int = 0) async throws -> PublishedProject {
    var published = try PublishedProject()
    for number in 0..<count {
      if size > 0 {
        let bytes = noise(size, seed: UInt64(number))
        try published.project.root.write("Project/noise.zip", bytes: bytes)
        try await published.publish([.path(ProjectPath("Project/noise.zip"))])
      } else {
        try await published.publish(Self.method, sourceText(3000, seed: UInt64(number)))
      }
    }
    return published
  }

  /// What is kept comes out whole, byte for byte.
  private func check(_ published: PublishedProject) async throws {
    for digest in await published.store.keptDigests {
      #expect(await published.store.standing(of: digest) == .kept)
      #expect(await published.store.manifest(digest)?.digest == digest)
      let bytes = try await published.store.wholeBundle(digest).bytes()
      #expect(bytes == published.archive(digest))
    }
  }

  @Test func theLastEightAreKeptAndTwoOfThemWhole() async throws {
    var published = try await published(11)
    let digests = published.archives.map(\.digest)
    for isRestarted in [false, true] {
      if isRestarted { try published.restart() }
      #expect(await published.store.keptDigests == Array(digests.suffix(8)))
      #expect(try published.names(".4dz") == Set(digests.suffix(2).map(\.hex)))
      #expect(try published.names(".manifest") == Set(digests.suffix(2).map(\.hex)))
      #expect(try published.names(".past") == Set(digests.dropFirst(3).prefix(6).map(\.hex)))
      for digest in digests.prefix(3) {
        #expect(await published.store.standing(of: digest) == .trimmed)
      }
      try await check(published)
    }
    // What an older generation costs is what the next one has not.
    let past = try published.project.output.read("\(digests[5].hex).past")
    #expect(past.count < 3000)
  }

  @Test func whatIsTrimmedIsToldFromWhatNobodyKnows() async throws {
    var published = try await published(10)
    let digests = published.archives.map(\.digest)
    let unknown = SHA256.digest(of: [1])
    for isRestarted in [false, true] {
      if isRestarted { try published.restart() }
      let store = published.store
      #expect(await store.standing(of: unknown) == .unknown)
      for (digest, code) in [(digests[0], BundleError.Code.trimmed), (unknown, .unknownGeneration)]
      {
        let delta = await #expect(throws: BundleError.self) {
          try await store.delta(from: digest, to: digests[9])
        }
        #expect(delta?.code == code)
        let whole = await #expect(throws: BundleError.self) { try await store.wholeBundle(digest) }
        #expect(whole?.code == code)
        #expect(await !store.pin(digest))
      }
    }
    // It may come back, by a checkout of an old state.
    try await published.publish(Self.method, sourceText(3000, seed: 0))
    #expect(await published.store.latest?.digest == digests[0])
    try published.restart()
    #expect(await published.store.standing(of: digests[0]) == .kept)
  }

  @Test func theListOfTrimmedDigestsIsBounded() async throws {
    var published = try await published(3)
    let lines = (0..<5000).map { SHA256.digest(of: Array("\($0)".utf8)).hex }
    try published.project.output.write("trimmed", lines.joined(separator: "\n") + "\nnonsense\n12")
    try published.restart()
    let last = SHA256.digest(of: Array("4999".utf8))
    #expect(await published.store.standing(of: last) == .trimmed)
    #expect(await published.store.standing(of: SHA256.digest(of: Array("7".utf8))) == .unknown)
    for number in 10..<16 {
      try await published.publish(Self.method, sourceText(3000, seed: UInt64(number)))
    }
    let text = try published.project.output.read("trimmed")
    #expect(text.count <= 1024 * 65)
    try published.restart()
    #expect(await published.store.standing(of: published.archives[0].digest) == .trimmed)
    #expect(await published.store.standing(of: last) == .trimmed)
  }

  @Test func whatIsPinnedStaysUntilItIsReleasedAsOften() async throws {
    var published = try await published(3)
    let digests = published.archives.map(\.digest)
    #expect(await published.store.pin(digests[0]))
    #expect(await published.store.pin(digests[0]))
    #expect(await published.store.pin(digests[2]))
    for number in 10..<25 {
      try await published.publish(Self.method, sourceText(3000, seed: UInt64(number)))
    }
    let last = published.archives.suffix(8).map(\.digest)
    #expect(await published.store.keptDigests == [digests[0], digests[2]] + last)
    #expect(await published.store.standing(of: digests[1]) == .trimmed)
    try await check(published)
    await published.store.unpin(digests[0])
    #expect(await published.store.standing(of: digests[0]) == .kept)
    await published.store.unpin(digests[0])
    #expect(await published.store.keptDigests == [digests[2]] + last)
    await published.store.unpin(digests[0])
    try await check(published)

    // After a restart it waits for those who come back.
    try published.restart()
    try await published.publish(Self.method, "after")
    #expect(await published.store.standing(of: digests[2]) == .kept)
    #expect(await published.store.standing(of: last[0]) == .trimmed)
    try await check(published)
    await published.store.releaseInheritedPins()
    #expect(await published.store.standing(of: digests[2]) == .trimmed)
    #expect(await published.store.keptDigests.count == 8)
    try await check(published)
  }

  @Test func beyondTheBudgetTheOldestGoWhoeverPinsThem() async throws {
    var published = try await published(6, noise: 100_000)
    let digests = published.archives.map(\.digest)
    #expect(await published.store.keptDigests.count == 6)
    #expect(await published.store.pin(digests[0]))
    try published.restart(keepBytes: 450_000)
    #expect(await published.store.pin(digests[0]))
    try await published.publish(Self.method, "x")
    let kept = await published.store.keptDigests
    #expect(await published.store.keptBytes <= 450_000)
    #expect(await published.store.standing(of: digests[0]) == .trimmed)
    #expect(kept.suffix(2) == published.archives.suffix(2).map(\.digest))
    #expect(kept.count >= 3)
    try await check(published)
    // The newest bundle stays, whatever it costs; the one before as little as it can.
    try published.restart(keepBytes: 1000)
    try await published.publish(Self.method, "y")
    #expect(try published.names(".4dz") == [published.archives[7].digest.hex])
    try await check(published)
  }

  /// Back and forth between two states, and to one that is an older generation by now.
  @Test func aStateThatComesBackIsOneGeneration() async throws {
    var published = try await published(5)
    let digests = published.archives.map(\.digest)
    for number in [1, 4, 1, 0, 2, 4, 0] {
      try await published.publish(Self.method, sourceText(3000, seed: UInt64(number)))
      #expect(await published.store.latest?.digest == digests[number])
      try await check(published)
      try published.restart()
      try await check(published)
    }
    #expect(await Set(published.store.keptDigests) == Set(digests))
  }

  /// Power may go at any moment, and the disk may hold any mixture of old and new files then.
  @Test func everyMixtureOfOldAndNewFilesIsAStart() async throws {
    var published = try await published(9)
    let digests = published.archives.map(\.digest)
    #expect(await published.store.pin(digests[1]))
    try await published.publish(Self.method, sourceText(3000, seed: 9))
    // Here the pinned one loses the one that it was built on.
    let before = try files(published)
    try await published.publish(Self.method, sourceText(3000, seed: 10))
    let after = try files(published)
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    #expect(changed.count >= 7 && changed.count <= 12)
    let newest = published.archives[10].digest
    let stride = fuzzRounds > 10 ? 1 : 7
    for mixture in Swift.stride(from: 0, to: 1 << changed.count, by: stride) {
      var state = before
      for (bit, name) in changed.enumerated() where mixture >> bit & 1 == 1 {
        state[name] = after[name]
      }
      let found = try await startAndCheck(state, published, "mixture \(mixture)").found
      #expect(found.contains(newest) == (state["\(newest.hex).4dz"] != nil))
    }
  }

  /// In the order in which the store writes, nothing is lost at any step.
  @Test func aKillAtEveryStepLosesNothingThatIsKept() async throws {
    var published = try await published(9)
    let digests = published.archives.map(\.digest)
    #expect(await published.store.pin(digests[1]))
    let before = try files(published)
    try await published.publish(Self.method, sourceText(3000, seed: 9))
    let after = try files(published)
    func name(_ index: Int, _ ending: String) -> String {
      "\(published.archives[index].digest.hex).\(ending)"
    }
    let steps = [
      name(9, "4dz"), name(9, "manifest"), name(7, "past"), name(7, "4dz"), name(7, "manifest"),
    ]
    var state = before
    for step in steps {
      #expect(state[step] != after[step], "\(step)")
      state[step] = after[step]
      let found = try await startAndCheck(state, published, step).found
      #expect(Set(found).isSuperset(of: digests.dropFirst()), "\(step)")
    }
    #expect(state == after)
  }

  /// Whatever the files hold: a start, and no wrong byte.
  @Test(arguments: [UInt64(1), 2])
  func damagedOlderGenerationsNeverBreakAStart(seed: UInt64) async throws {
    let published = try await published(9)
    let sound = try files(published)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<(10 * fuzzRounds) {
      var state = sound
      let names = sound.keys.filter { !$0.hasSuffix(".4dz") }.sorted()
      for _ in 0..<2 {
        guard let name = names.randomElement(using: &generator), var bytes = state[name] else {
          continue
        }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] ^= 8
        case 1: bytes.removeLast(bytes.count - place)
        default: bytes += [1, 2, 3]
        }
        state[name] = bytes
      }
      state["strange.past"] = [1]
      _ = try await startAndCheck(state, published, "seed \(seed), round \(round)")
    }
  }

  /// The disk refuses one file: that generation goes, with all that need it, and publishing goes on.
  @Test func whatCannotBeWrittenIsGivenUp() async throws {
    var published = try await published(4)
    let digests = published.archives.map(\.digest)
    #expect(await published.store.pin(digests[2]))
    try published.project.output.folder("\(digests[2].hex).past/x")
    for isRestarted in [false, true] {
      if isRestarted { try published.restart() }
      try await published.publish(Self.method, "next \(isRestarted)")
      #expect(await published.store.keptDigests == published.archives.dropFirst(3).map(\.digest))
      for digest in digests.prefix(3) {
        #expect(await published.store.standing(of: digest) == .trimmed)
      }
      try await check(published)
    }
  }

  @Test(arguments: [
    // w: whole, p: past, P: past and pinned; the oldest first. What goes, and how.
    ("pppppww", UInt64.max, nil, false), ("pppppwww", .max, 5, true),
    ("ppppppww", .max, nil, false),
    ("pppppppww", .max, 0, false), ("Pppppppww", .max, nil, false), ("PpPppppppww", .max, 1, false),
    ("PPpww", 40, 0, false), ("pww", 15, 1, true), ("w", 1, nil, false), ("pw", 15, 0, false),
    ("", 0, nil, false),
  ])
  func thePlanSaysWhatGoesNext(
    state: String,
    bytes: UInt64,
    index: Int?,
    isMadePast: Bool
  ) throws {
    let items = state.enumerated().map { index, letter in
      KeepPlan.Item(
        digest: SHA256.digest(of: [UInt8(index)]),
        isWhole: letter == "w",
        size: 10,
        isPinned: letter == "P"
      )
    }
    let expected = index.map { index -> KeepPlan.Action in
      isMadePast ? .makePast(items[index].digest) : .forget(items[index].digest)
    }
    #expect(KeepPlan(bytes: bytes).next(items) == expected)
  }

  private func files(_ published: PublishedProject) throws -> [String: [UInt8]] {
    let output = published.project.output
    var files: [String: [UInt8]] = [:]
    for name in try output.names() { files[name] = try output.read(name) }
    return files
  }

  /// Starts on these files; all that is kept is right, or said to be damaged, and it goes on.
  private func startAndCheck(
    _ files: [String: [UInt8]],
    _ published: PublishedProject,
    _ note: String
  ) async throws -> (store: BundleStore, found: [Digest]) {
    let folder = try TemporaryFolder()
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      try folder.write(name, bytes: bytes)
      // The times say which bundle is the newest.
      let index = published.archives.firstIndex { name == "\($0.digest.hex).4dz" }
      try folder.touch(name, Date.now.timeIntervalSince1970 + 9 + Double(index ?? 0))
    }
    let store = try BundleStore(folder: folder.path)
    let found = await store.keptDigests
    for digest in found {
      do {
        let bytes = try await store.wholeBundle(digest).bytes()
        #expect(bytes == published.archive(digest), "\(note)")
      } catch {
        #expect((error as? BundleError)?.code == .damaged, "\(note): \(error)")
      }
    }
    let project = try TestProject()
    let bundle = try await store.publish(try await BundleBuilder(root: project.root.path).build())
    #expect(await store.latest?.digest == bundle.digest, "\(note)")
    #expect(try folder.names().filter { $0.hasSuffix(".4dz") }.count <= 2, "\(note)")
    return (store, found)
  }
}
