import Synchronization

/// Watches one folder and everything in it: a folder in, batches of changed paths out.
///
/// Once the tree is quiet, whoever has looked at every path of every batch knows the tree as it is.
/// What was there at the start is not reported. Only one watcher can run in a process at a time.
package final class TreeWatcher: Sendable {
  private static let isRunning = Mutex(false)

  private let root: String
  private let cookies: CookieJar
  private let filter: any WatchFilter
  private let settings: WatchSettings
  private let board: Board

  /// Makes a watcher that does nothing before it is run.
  ///
  /// - Parameters:
  ///   - root: The folder to watch.
  ///   - cookieDirectory: A private folder outside of it, on a local file system, for this watcher
  ///     alone.
  ///   - filter: Says which folders and files matter.
  ///   - settings: Times and limits.
  package init(
    root: String,
    cookieDirectory: String,
    filter: any WatchFilter,
    settings: WatchSettings = .init()
  ) {
    self.root = root
    self.filter = filter
    self.settings = settings
    cookies = CookieJar(path: cookieDirectory)
    board = Board(settings: settings)
  }

  /// Reads the tree and then watches it until the task is cancelled; a watcher runs once.
  ///
  /// Throws what keeps it from starting; everything that goes wrong later is healed, and told in
  /// the report's warnings meanwhile.
  package func run() async throws {
    let isFree = Self.isRunning.withLock { isRunning in
      defer { isRunning = true }
      return !isRunning
    }
    guard isFree else {
      board.update { $0.end(.alreadyWatching) }
      throw WatcherError.alreadyWatching
    }
    defer { Self.isRunning.withLock { $0 = false } }
    let isFresh = board.read { state in
      guard case .idle = state.phase else { return false }
      state.phase = .starting
      return true
    }
    guard isFresh else { throw WatcherError.alreadyWatching }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        startThreads { continuation.resume(with: $0) }
      }
    } onCancel: {
      board.read { $0.isStopping = true }
      cookies.wake()
    }
  }

  /// Returns when the tree has been read for the first time; throws what kept it from that.
  package func ready() async throws {
    let serial = board.read { $0.nextSerial() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        board.update { state in
          switch state.phase {
          case _ where Task.isCancelled:
            return [{ continuation.resume(throwing: CancellationError()) }]
          case .idle, .starting:
            state.starters[serial] = continuation
            return []
          case .watching: return [{ continuation.resume() }]
          case .ended(let error): return [{ continuation.resume(throwing: error) }]
          }
        }
      }
    } onCancel: {
      board.update { state in
        guard let starter = state.starters.removeValue(forKey: serial) else { return [] }
        return [{ starter.resume(throwing: CancellationError()) }]
      }
    }
  }

  /// Waits for changes that have settled.
  ///
  /// For one consumer; asking again says that the batch before has been dealt with and its paths
  /// will not be looked at any more.
  ///
  /// What changes while the consumer is busy is merged into the next batch.
  package func nextBatch() async throws -> ChangeBatch {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        board.update { state in
          if Task.isCancelled { return [{ continuation.resume(throwing: CancellationError()) }] }
          if let batch = state.takeBatch() { return [{ continuation.resume(returning: batch) }] }
          if case .ended(let error) = state.phase {
            return [{ continuation.resume(throwing: error) }]
          }
          precondition(state.consumer == nil, "A watcher serves one consumer.")
          state.consumer = continuation
          return []
        }
      }
    } onCancel: {
      board.update { state in
        guard let consumer = state.consumer else { return [] }
        state.consumer = nil
        return [{ consumer.resume(throwing: CancellationError()) }]
      }
    }
  }

  /// Returns the sequence number of the batch by which every change is told whose system call had
  /// returned before: that batch, and all before it, can be fetched by then.
  ///
  /// Ends settling at once and does not wait for open writers, but for git's lock. Throws
  /// `WatcherError.barrierTimedOut` at the deadline. Waits for the start if there has been none.
  package func barrier(until deadline: ContinuousClock.Instant) async throws -> UInt64 {
    let serial = board.read { $0.nextSerial() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isWatching = board.update { state in
          if Task.isCancelled {
            return (false, [{ continuation.resume(throwing: CancellationError()) }])
          }
          if case .ended(let error) = state.phase {
            return (false, [{ continuation.resume(throwing: error) }])
          }
          var barrier = Barrier(answer: continuation, deadline: deadline)
          if case .watching = state.phase { barrier.isMarked = true }
          state.barriers[serial] = barrier
          return (barrier.isMarked, [])
        }
        if isWatching { mark(serial) }
        board.bell.ring()
      }
    } onCancel: {
      board.update { state in
        guard let barrier = state.barriers.removeValue(forKey: serial) else { return [] }
        return [{ barrier.answer.resume(throwing: CancellationError()) }]
      }
    }
  }

  /// What the watcher can say of itself at this moment.
  package func report() -> WatcherReport {
    board.read { state in
      var report = state.report
      report.deferrals = state.deferrals
      report.batches = state.sequence
      report.warnings += state.warnings.sorted { $0.key < $1.key }.map(\.value)
      return report
    }
  }

  private func mark(_ serial: UInt64) {
    guard !cookies.make(serial) else { return }
    // Without a cookie only looking at everything tells.
    board.read { $0.rescanBarriers.append(serial) }
    cookies.wake()
  }

  /// Starts both threads; `done` is called once, when both have ended.
  private func startThreads(_ done: @escaping @Sendable (Result<Void, any Error>) -> Void) {
    let board = board
    let loop = ReleaseLoop(
      board: board,
      root: root,
      settings: settings,
      wakePump: { [cookies] in cookies.wake() }
    )
    let end = ThreadEnd(count: 2, done)
    let couldRelease = WorkerThread.start {
      loop.run()
      end.arrive(.success(()))
    }
    let couldWatch =
      couldRelease
      && WorkerThread.start { [self] in
        let result = watch()
        board.bell.ring()
        end.arrive(result)
      }
    let error = WatcherError(.libraryUnusable, "The system grants no further thread.")
    if !couldWatch {
      board.update { $0.end(error) }
      board.bell.ring()
      end.arrive(.failure(error))
    }
    if !couldRelease { end.arrive(.failure(error)) }
  }

  /// The watching thread from its start to its end.
  private func watch() -> Result<Void, any Error> {
    do throws(WatcherError) {
      let pump = try Pump(
        root: root,
        cookies: cookies,
        filter: filter,
        settings: settings,
        board: board
      )
      try pump.run()
      board.update { $0.end(.stopped) }
      return .success(())
    } catch {
      board.update { $0.end(error) }
      return .failure(error)
    }
  }
}
