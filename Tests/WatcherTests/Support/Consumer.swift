import Watcher

/// Fetches batches, keeps a picture up to date by them and remembers what they said.
actor Consumer {
  private let watcher: TreeWatcher
  private let root: String
  private(set) var picture: Picture
  private(set) var batches: [ChangeBatch] = []
  private var applied: UInt64 = 0
  private var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
  private var waits = 0

  init(_ watcher: TreeWatcher, root: String) {
    self.watcher = watcher
    self.root = root
    picture = Picture(walking: root)
  }

  func run() async throws {
    while true {
      let batch = try await watcher.nextBatch()
      picture.apply(batch, root: root)
      batches.append(batch)
      applied = batch.sequence
      for waiter in waiters.values { waiter.yield() }
    }
  }

  /// Returns when the batch, and all before it, have been dealt with.
  func reached(_ sequence: UInt64) async throws {
    try await until { $0.applied >= sequence }
  }

  /// Returns when so much is known to be there.
  func knows(items: Int) async throws {
    try await until { $0.picture.items.count == items }
  }

  /// Returns when there were so many batches since lines were taken.
  func collects(batches count: Int) async throws {
    try await until { $0.batches.count >= count }
  }

  /// Returns when all of this was told since lines were taken, in however many batches.
  func hears(_ lines: Set<String>) async throws {
    try await until { lines.isSubset(of: $0.batches.flatMap(\.lines)) }
  }

  /// Throws when the test's time is over.
  private func until(_ isDone: (isolated Consumer) -> Bool) async throws {
    waits += 1
    let key = waits
    let news = AsyncStream(bufferingPolicy: .bufferingNewest(1)) { waiters[key] = $0 }
    defer { waiters[key] = nil }
    if isDone(self) { return }
    for await _ in news where isDone(self) { return }
    throw CancellationError()
  }

  /// All changes since the last call, as "kind path".
  func takeLines() -> [String] {
    defer { batches = [] }
    return batches.flatMap(\.lines)
  }
}

extension ChangeBatch {
  /// As "kind path".
  var lines: [String] {
    changes.map { "\($0.kind) " + String(decoding: $0.path, as: UTF8.self) }
  }
}
