/// The times and limits of a watcher.
package struct WatchSettings: Sendable {
  /// Silence after one file was saved and closed, with nothing else pending.
  package var quietAfterSingleSave: Duration = .milliseconds(2)
  /// Silence after anything more than that.
  package var quietAfterBurst: Duration = .milliseconds(20)
  /// The number of pending paths from which a save is no longer a single one.
  package var burstSize = 2
  /// Silence after git let go of its lock, which says by itself that a checkout is complete.
  package var quietAfterGitLock: Duration = .milliseconds(5)
  /// The longest that changes wait for silence.
  package var longestWait: Duration = .milliseconds(250)
  /// The longest that one file is held back because somebody has it open for writing.
  package var openWriterLimit: Duration = .seconds(30)
  /// The longest that changes are held back because git holds `index.lock`.
  package var gitLockLimit: Duration = .seconds(10)
  /// The number of pending paths beyond which a whole subtree is reported as in doubt.
  package var dirtyPathLimit = 20_000
  /// How often folders are looked at for which the kernel sends no events.
  package var pollInterval: Duration = .seconds(2)
  /// How often a missing root is looked for.
  package var missingRootInterval: Duration = .milliseconds(100)
  /// The number of dead records in libinotifytools at which it is started afresh.
  package var libraryRecordLimit = 50_000
  /// The most watches that this watcher may have; nil leaves it to the kernel's limit.
  ///
  /// What is beyond is polled.
  package var watchLimit: Int?
  /// Looks at the whole tree every `pollInterval` even where the file system sends events.
  package var alwaysPolls = false
  /// Looks at the whole tree, before a barrier is answered or after a second or more, when a file
  /// was written to through a name that was gone before it could be seen which file that was: it
  /// may have been another name of a file in the tree.
  package var distrustsUnseenWrites = true
  /// Stands before every round of the watching thread; for tests that need it to stall.
  package var gate: (any PumpGate)?

  package init() {}
}

/// A place where the watching thread can be made to wait.
package protocol PumpGate: Sendable {
  /// Called on the watching thread before it reads; may block.
  func pass()
}
