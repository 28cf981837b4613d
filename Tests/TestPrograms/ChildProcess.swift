import Foundation
import Synchronization

/// A process of the tests' own until its end: its number may then be another's.
final class ChildProcess: Sendable {
  let pid: Int32
  private let isGone = Mutex(false)

  init(_ pid: Int32) { self.pid = pid }

  /// Sends a signal, as long as the process is there.
  func send(_ signal: Int32) {
    isGone.withLock { if !$0 { kill(pid, signal) } }
  }

  /// Blocks until the end; called once.
  ///
  /// - Returns: the exit status, or 128 and the signal.
  func wait() -> Int32 {
    // The number stays the process's own until the second call.
    var seen = siginfo_t()
    while waitid(P_PID, id_t(pid), &seen, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    return isGone.withLock { isGone in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      isGone = true
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
  }
}
