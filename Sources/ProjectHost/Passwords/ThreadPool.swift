import Glibc
import Synchronization

/// A few threads of their own for work that takes long; they are there only while there is work.
///
/// Swift's tasks share as many threads as there are processors, and work like this would hold up
/// everything else on them.
final class ThreadPool: Sendable {
  typealias Job = @Sendable () -> Void

  private struct State {
    var running = 0
    var waiting: [Job] = []
  }

  private let threads: Int
  private let places: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - threads: how many jobs run at once.
  ///   - places: how many wait at most.
  init(threads: Int, places: Int) {
    self.threads = threads
    self.places = places
  }

  /// Takes a job; false when all threads are busy and all places taken, or no thread can be had.
  func take(_ job: @escaping Job) -> Bool {
    let needsThread: Bool? = state.withLock { state in
      if state.running < threads {
        state.running += 1
        return true
      }
      guard state.waiting.count < places else { return nil }
      state.waiting.append(job)
      return false
    }
    guard let needsThread else { return false }
    guard needsThread else { return true }
    if start(job) { return true }
    state.withLock { $0.running -= 1 }
    return false
  }

  private func work(_ first: Job) {
    var job = first
    while true {
      job()
      let next: Job? = state.withLock { state in
        guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
        state.running -= 1
        return nil
      }
      guard let next else { return }
      job = next
    }
  }

  private final class Start {
    let body: Job

    init(_ body: @escaping Job) { self.body = body }
  }

  private func start(_ job: @escaping Job) -> Bool {
    let start = Unmanaged.passRetained(Start { self.work(job) })
    var thread = pthread_t()
    let result = pthread_create(
      &thread,
      nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      },
      start.toOpaque()
    )
    guard result == 0 else {
      start.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
