import Glibc

/// Threads of their own for work that blocks, which Swift's cooperative pool must not do.
enum WorkerThread {
  private final class Job {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  /// Runs the body on a new thread; false when the system grants none.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let job = unsafe Unmanaged.passRetained(Job(body))
    let result = unsafe pthread_create(
      &thread,
      &attributes,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      },
      job.toOpaque()
    )
    guard result == 0 else {
      unsafe job.release()
      return false
    }
    return true
  }
}
