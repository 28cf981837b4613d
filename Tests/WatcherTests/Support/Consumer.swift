import Watcher

/// Fetches batches, keeps a picture up to date by them and remembers what they said.
actor Consumer {
  private let watcher: TreeWatcher
  private let root: String
  private(set) var picture: Picture
  private(set) var batches: [ChangeBatch] = []
  private var applied: UInt64 = 0
  private var waiters:
    [(isDone: (isolated Consumer) -> Bool, waiter: CheckedContinuation<Void, Never>)] = []

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
      for entry in waiters where entry.isDone(self) { entry.waiter.resume() }
      waiters.removeAll { $0.isDone(self) }
    }
  }

  /// Returns when the batch, and all before it, have been dealt with.
  func reached(_ sequence: UInt64) async {
    await until { $0.applied >= sequence }
  }

  /// Returns when so much is known to be there.
  func knows(items: Int) async {
    await until { $0.picture.items.count == items }
  }

  private func until(_ isDone: @escaping (isolated Consumer) -> Bool) async {
    guard !isDone(self) else { return }
    await withCheckedContinuation { waiters.append((isDone, $0)) }
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
