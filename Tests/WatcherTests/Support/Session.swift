import Glibc
import Testing
import Watcher

/// A running watcher of a test tree.
struct Session: Sendable {
  let tree: TestTree
  let watcher: TreeWatcher
  /// What the watching thread passes before every round.
  let gate: Gate

  /// Runs a watcher for as long as the body takes.
  static func run(
    _ tree: TestTree,
    filter: any WatchFilter = NoiseFilter(),
    settings: WatchSettings = .unhurried,
    _ body: @Sendable @escaping (Session) async throws -> Void
  ) async throws {
    let gate = Gate()
    var settings = settings
    settings.gate = gate
    let watcher = TreeWatcher(
      root: tree.root,
      cookieDirectory: tree.cookies,
      filter: filter,
      settings: settings
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await watcher.run() }
      group.addTask {
        try await watcher.ready()
        try await body(Session(tree: tree, watcher: watcher, gate: gate))
      }
      // Whichever ends first: a watcher that cannot run, or the body.
      _ = try await group.next()
      group.cancelAll()
      while let result = await group.nextResult() {
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
      }
    }
  }

  /// The same with a consumer that fetches every batch at once.
  static func consume(
    _ tree: TestTree,
    filter: any WatchFilter = NoiseFilter(),
    settings: WatchSettings = .unhurried,
    _ body: @Sendable @escaping (Session, Consumer) async throws -> Void
  ) async throws {
    try await run(tree, filter: filter, settings: settings) { session in
      let consumer = Consumer(session.watcher, root: tree.root)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await consumer.run() }
        group.addTask { try await body(session, consumer) }
        _ = try await group.next()
        group.cancelAll()
      }
    }
  }

  /// Closes the gate and returns when the watching thread stands before it.
  func hold() async {
    // The folder of the cookies is watched, and what changes there is nothing of the tree's.
    await gate.close { [tree] in utimensat(AT_FDCWD, tree.cookies, nil, 0) }
  }

  /// Does something while the watching thread stands still, which sees all of it at once then:
  /// however long a program takes between two of its calls, they are of one batch.
  func atOnce(_ body: () throws -> Void) async rethrows {
    await hold()
    defer { gate.open() }
    try body()
  }

  /// Returns when the watcher's report says so; throws when the test's time is over.
  func until(_ isDone: (WatcherReport) -> Bool) async throws {
    while !isDone(watcher.report()) {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  func barrier() async throws -> UInt64 {
    try await watcher.barrier(until: .now + .seconds(60))
  }

  /// Where the consumer's picture differs from the disk, once everything has been told.
  func differences(_ consumer: Consumer) async throws -> [String] {
    try await consumer.reached(try await barrier())
    return await consumer.picture.differences(from: Picture(walking: tree.root))
  }

  /// The next batch says exactly this.
  func expectNext(
    _ lines: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let batch = try await watcher.nextBatch()
    #expect(batch.lines == lines, sourceLocation: sourceLocation)
  }

  /// Nothing is pending but what batches up to this one say.
  func expectBarrier(
    _ sequence: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let reached = try await barrier()
    #expect(reached == sequence, sourceLocation: sourceLocation)
  }

  /// The consumer's picture is that of the disk.
  func expectSame(
    _ consumer: Consumer,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let differences = try await differences(consumer)
    #expect(differences == [], sourceLocation: sourceLocation)
  }
}
