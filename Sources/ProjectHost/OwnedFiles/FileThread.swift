import Glibc
import Synchronization

/// Runs an actor on a thread of its own, which is there only while there is work.
///
/// Waiting for a disk would hold up everything else on the few threads of Swift's tasks.
final class FileThread: SerialExecutor {
  private struct State {
    var isRunning = false
    var jobs: [UnownedJob] = []
  }

  private let state = Mutex(State())

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let needsThread = state.withLock { state in
      state.jobs.append(job)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    // A job must run: where no thread can be had, one will be free in a moment.
    while needsThread, !start() { usleep(1_000) }
  }

  private func work() {
    while let jobs = next() {
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  private func next() -> [UnownedJob]? {
    state.withLock { state in
      guard !state.jobs.isEmpty else {
        state.isRunning = false
        return nil
      }
      defer { state.jobs = [] }
      return state.jobs
    }
  }

  private func start() -> Bool {
    let thread = Unmanaged.passRetained(self)
    var identifier = pthread_t()
    let result = pthread_create(
      &identifier,
      nil,
      { argument in
        if let argument { Unmanaged<FileThread>.fromOpaque(argument).takeRetainedValue().work() }
        return nil
      },
      thread.toOpaque()
    )
    guard result == 0 else {
      thread.release()
      return false
    }
    pthread_detach(identifier)
    return true
  }
}
