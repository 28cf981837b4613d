import NIOCore

/// Runs the tasks of an event loop's connections on that loop itself.
///
/// A small request is then read, answered and written by one thread. What computes or waits for a
/// disk does not belong here: it would hold up every connection of the loop.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
