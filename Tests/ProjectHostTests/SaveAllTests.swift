import Bundler
import Foundation
import Logging
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing
import Watcher

extension WatchingTests {
  @Suite(.serialized, .timeLimit(.minutes(3))) struct SaveAllTests {
    @Test func holdsEverythingThatWasWrittenBefore() async throws {
      try await OpenProject.with { open in
        try open.write("ALERT(1)", to: "Project/Sources/Methods/a.4dm")
        try open.write("ALERT(2)", to: "Project/Sources/Methods/b.4dm")
        let content = Array("ALERT(2)".utf8)
        let saved = await open.saveAll(files: [
          .init(path: "Project/Sources/Methods/a.4dm", size: 8),
          .init(
            path: "Project/Sources/Methods/b.4dm",
            size: UInt64(content.count),
            sha256: SHA256.digest(of: content)
          ),
          .init(path: "Project/Sources/Methods/a.4dm", size: 9),
          .init(path: "Settings/directory.json"),
        ])
        #expect([.published, .unchanged].contains(saved.outcome))
        #expect(saved.files.map(\.state) == [.held, .held, .differs, .missing])
        let manifest = try #require(await open.manifest(of: saved))
        #expect(manifest.contains("Project/Sources/Methods/b.4dm"))
        #expect(saved.problems.isEmpty)
      }
    }

    @Test func namesWhatItsGenerationChanged() async throws {
      try await OpenProject.with { open in
        try open.write("ALERT(3)", to: "Project/Sources/Methods/c.4dm")
        let saved = await open.saveAll()
        #expect(saved.changedMembers == ["Project/Sources/Methods/c.4dm"])
        #expect(saved.changed == 1)
        // While the file of the first is still being written, the second shares its reload.
        let again = await open.saveAll(durable: .file)
        #expect(again.outcome != .failed)
        #expect(again.generation?.id == saved.generation?.id)
        // A third may share it still.
        let last = await open.saveAll()
        #expect(last.outcome != .failed)
        #expect(last.generation?.id == saved.generation?.id)
      }
    }

    @Test(arguments: [false, true]) func rolesThatCannotBeUsedAreReported(strict: Bool) async throws
    {
      try await OpenProject.with(strict: strict) { open in
        // Without the file there is nothing to report.
        #expect(await open.saveAll().problems.isEmpty)
        let roles = "Project/Sources/roles.json"
        try open.write("{\"privileges\": [],\n \"permissions\": null}", to: roles)
        let saved = await open.saveAll()
        // The watcher may have been quicker: then the save-all itself changes nothing.
        #expect((saved.outcome == .failed) == strict)
        #expect(saved.problems.map(\.rule) == ["roles-broken"])
        #expect(saved.problems.first?.file == roles && saved.problems.first?.line == 2)
        #expect(await open.project.condition().problems == saved.problems)
        try open.write(#"{"privileges": [], "permissions": {}}"#, to: roles)
        let mended = await open.saveAll()
        #expect(mended.outcome != .failed && mended.problems.isEmpty)
      }
    }

    @Test func answersWithTheLastGoodGenerationWhileTheProjectIsBroken() async throws {
      try await OpenProject.with { open in
        let before = await open.saveAll()
        try open.write("<base><table", to: "Project/Sources/catalog.4DCatalog")
        let broken = await open.saveAll(durable: .file)
        #expect(broken.outcome == .failed)
        #expect(broken.generation?.digest == before.generation?.digest)
        #expect(broken.problems.first?.rule == "catalog-not-well-formed")
        #expect(broken.problems.first?.line == 1)
        try open.write("<base/>", to: "Project/Sources/catalog.4DCatalog")
        let mended = await open.saveAll()
        #expect(mended.outcome != .failed)
        #expect(await open.project.condition().state == .serving)
      }
    }

    @Test func callersThatArriveTogetherShareAReload() async throws {
      let gate = Gate()
      try await OpenProject.with(gate: gate) { open in
        // The watching thread stands still until all of them have asked it.
        defer { gate.open() }
        try await gate.close { try open.touchCookies() }
        try open.write("ALERT(4)", to: "Project/Sources/Methods/d.4dm")
        let answers = try await withThrowingTaskGroup(of: BarrierResult.self) { group in
          for number in 0..<40 {
            group.addTask { await open.saveAll(durable: number % 2 == 0 ? .file : .generation) }
          }
          while try open.cookies() < 40 {
            try Task.checkCancellation()
            await Task.yield()
          }
          gate.open()
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map { $0.generation?.id }).count == 1)
        let condition = await open.project.condition()
        // One may be under way when the others arrive; those then share the next.
        #expect(condition.published + condition.unchanged < 20)
      }
    }

    @Test func atItsDeadlineItSaysThatTheReloadGoesOn() async throws {
      try await OpenProject.with { open in
        // While git holds its lock nothing is released.
        try open.write("", to: ".git/index.lock")
        try open.write("ALERT(5)", to: "Project/Sources/Methods/e.4dm")
        let waited = await open.saveAll(within: .milliseconds(50))
        #expect(waited.outcome == .pending)
        #expect(waited.generation != nil)
        try FileManager.default.removeItem(atPath: open.root + "/.git/index.lock")
        let saved = await open.saveAll(files: [.init(path: "Project/Sources/Methods/e.4dm")])
        #expect(saved.files.map(\.state) == [.held])
      }
    }

    @Test func withFileTheBundleIsOnTheDisk() async throws {
      try await OpenProject.with { open in
        for number in 0..<5 {
          try open.write("ALERT(\(number))", to: "Project/Sources/Methods/f.4dm")
          let saved = await open.saveAll(durable: .file)
          let digest = try #require(saved.generation?.digest)
          let file = open.state + "/generations/\(digest).4dz"
          #expect(FileManager.default.fileExists(atPath: file))
        }
      }
    }

    @Test func readyTellsTheRevisionsOfTheStart() async throws {
      try await OpenProject.with { open in
        for await event in await open.project.events.subscribe() {
          guard case .ready(let ready) = event.event else { continue }
          let state = try await open.project.catalog.state()
          #expect(ready.revisions.catalog == state.revision)
          // There is none yet: the first edit makes it.
          #expect(ready.revisions.directory == nil)
          break
        }
      }
    }
  }
}

/// Holds the watching thread up between two rounds.
private final class Gate: PumpGate {
  private let state = Mutex((isClosed: false, isStanding: false))

  func pass() {
    while state.withLock({ state in
      state.isStanding = state.isClosed
      return state.isClosed
    }) {
      poll(nil, 0, 1)
    }
  }

  /// Returns when the watching thread stands; `nudge` is something that makes it go round once more.
  func close(nudge: () throws -> Void) async throws {
    state.withLock { $0 = (isClosed: true, isStanding: false) }
    try nudge()
    while state.withLock({ !$0.isStanding }) {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  func open() { state.withLock { $0.isClosed = false } }
}

/// A small project that is watched and served from, for the time of one test.
private struct OpenProject: Sendable {
  let project: HostedProject
  let root: String
  let state: String

  static func with(
    strict: Bool = false,
    gate: Gate? = nil,
    _ body: @escaping @Sendable (OpenProject) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "p/Project/P.4DProject")
    try folder.write("<base/>", to: "p/Project/Sources/catalog.4DCatalog")
    try folder.write("", to: "p/Project/Sources/Methods/first.4dm")
    try folder.write("ref: refs/heads/main\n", to: "p/.git/HEAD")
    let location = try ProjectLocation(opening: folder.path + "/p")
    let system = SystemFolder(at: folder.path + "/state")
    try system.create()
    var options = HostedProject.Options()
    options.strict = strict
    options.watching.gitLockLimit = .seconds(600)
    options.watching.gate = gate
    let project = try HostedProject(
      location,
      in: system,
      options: options,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let open = OpenProject(project: project, root: location.root, state: system.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await project.run() }
      group.addTask {
        for await event in await project.events.subscribe() {
          if case .ready(let ready) = event.event, ready.generation != nil { break }
        }
        try await body(open)
      }
      try await group.next()
      group.cancelAll()
    }
    withExtendedLifetime(folder) {}
  }

  func write(_ text: String, to relative: String) throws {
    let url = URL(filePath: root).appending(path: relative)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
  }

  /// Something that the watching thread looks at, and that is nothing of the project's.
  func touchCookies() throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date.now],
      ofItemAtPath: state + "/cookies"
    )
  }

  /// How many wait for the watching thread.
  func cookies() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: state + "/cookies").count
  }

  func saveAll(
    files: [BarrierRequest.File] = [],
    durable: BarrierRequest.Durability? = nil,
    within limit: Duration = .seconds(150)
  ) async -> BarrierResult {
    await project.saveAll(
      BarrierRequest(files: files, durable: durable),
      deadline: ContinuousClock().now.advanced(by: limit)
    )
  }

  func manifest(of saved: BarrierResult) async throws -> String? {
    guard let digest = saved.generation?.digest else { return nil }
    return String(decoding: try await project.manifest(digest), as: UTF8.self)
  }
}
