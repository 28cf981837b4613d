import Glibc

/// Wakes one waiting thread; rings while nobody waits are kept.
// Sendable by hand: everything in it is behind the POSIX mutex, which never moves. A Swift mutex
// cannot be waited under.
@safe final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let hasRung = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

  init() {
    unsafe hasRung.initialize(to: false)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    // The wall clock may jump.
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
    unsafe hasRung.deallocate()
  }

  func ring() {
    unsafe pthread_mutex_lock(mutex)
    unsafe hasRung.pointee = true
    unsafe pthread_cond_signal(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Returns when the bell was rung, or at the instant; swallows all rings that came before.
  func wait(until instant: ContinuousClock.Instant?) {
    var due = instant.map { Self.monotonic(after: ContinuousClock.now.duration(to: $0)) }
    unsafe pthread_mutex_lock(mutex)
    while unsafe !hasRung.pointee {
      if due == nil {
        unsafe pthread_cond_wait(condition, mutex)
      } else if var until = due {
        guard unsafe pthread_cond_timedwait(condition, mutex, &until) != ETIMEDOUT else { break }
        due = until
      }
    }
    unsafe hasRung.pointee = false
    unsafe pthread_mutex_unlock(mutex)
  }

  private static func monotonic(after delay: Duration) -> timespec {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    let delay = max(delay, .zero).components
    let nanoseconds = now.tv_nsec + Int(delay.attoseconds / 1_000_000_000)
    return timespec(
      tv_sec: now.tv_sec + Int(delay.seconds) + nanoseconds / 1_000_000_000,
      tv_nsec: nanoseconds % 1_000_000_000
    )
  }
}
