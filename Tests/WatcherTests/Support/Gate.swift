import Foundation
import Watcher

/// Lets a test hold the watching thread up between two rounds.
// Sendable by hand: everything in it is behind the condition.
final class Gate: PumpGate, @unchecked Sendable {
  private let condition = NSCondition()
  private var isClosed = false
  private var isStanding = false
  private var isGivenUp = false

  func pass() {
    condition.withLock {
      isStanding = true
      condition.broadcast()
      while isClosed { condition.wait() }
      isStanding = false
    }
  }

  /// Closes the gate and returns when the watching thread stands before it; `nudge` is something
  /// that makes it go round once more.
  ///
  /// A test whose time is over finds it open: the watching thread has to end.
  func close(nudge: @escaping @Sendable () -> Void) async {
    await withTaskCancellationHandler {
      await onThread { [self] in
        condition.withLock { isClosed = !isGivenUp }
        nudge()
        condition.withLock { while !isStanding, !isGivenUp { condition.wait() } }
      }
    } onCancel: {
      condition.withLock {
        isGivenUp = true
        isClosed = false
        condition.broadcast()
      }
    }
  }

  func open() {
    condition.withLock {
      isClosed = false
      condition.broadcast()
    }
  }
}
