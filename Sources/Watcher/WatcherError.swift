/// Why a watcher cannot start, or cannot answer.
package struct WatcherError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, to be acted upon.
  package enum Code: Hashable, Sendable {
    /// Another watcher runs in this process, or this one was run before.
    case alreadyWatching
    /// The root is not there or cannot be opened.
    case rootUnavailable
    /// The private cookie folder cannot be used.
    case cookieDirectoryUnavailable
    /// The kernel grants no further inotify instance.
    case instanceLimitReached
    /// libinotifytools cannot be used in this process.
    case libraryUnusable
    /// The deadline of a barrier passed before it could be answered.
    case barrierTimedOut
    /// The watcher has ended.
    case stopped
  }

  package let code: Code
  /// One sentence: what, where and, where there is one, the remedy.
  package let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// Compares with an error that `barrier(until:)` threw.
  package static let barrierTimedOut = WatcherError(
    .barrierTimedOut,
    "The deadline passed before all changes were accounted for."
  )
  static let stopped = WatcherError(.stopped, "The watcher has ended.")
  static let alreadyWatching = WatcherError(
    .alreadyWatching,
    "A watcher already runs in this process; libinotifytools serves only one at a time."
  )
}
