/// What a watcher can say of itself.
package struct WatcherReport: Sendable {
  /// Where changes come from.
  package enum Mode: Hashable, Sendable {
    /// The kernel reports them.
    case events
    /// The tree, or part of it, is looked at again and again.
    case polling
  }

  package var mode = Mode.events
  /// Live watches of the kernel, the watcher's own included.
  package var watches = 0
  package var directories = 0
  package var files = 0
  /// Events read since the start.
  package var events: UInt64 = 0
  /// The largest number of events that were read in one go.
  package var queueHighWater = 0
  /// How often the kernel's queue overflowed.
  package var overflows = 0
  /// How often the whole tree was looked at again, by reason.
  package var rescans: [RescanReason: Int] = [:]
  /// How often changes were held back, by reason.
  package var deferrals: [DeferralReason: Int] = [:]
  /// Batches made available.
  package var batches: UInt64 = 0
  /// Each one sentence: what, where, remedy.
  ///
  /// Empty when all is well.
  package var warnings: [String] = []

  package init() {}
}

/// Why the whole tree was looked at again.
package enum RescanReason: String, Hashable, Sendable {
  case overflow
  case unmount
  case libraryRecords = "library-records"
  case rootReplaced = "root-replaced"
  case rootReturned = "root-returned"
  case hardLinks = "hard-links"
  case libraryFailed = "library-failed"
  case noCookie = "no-cookie"
  case polling
}

/// Why changes were held back.
package enum DeferralReason: String, Hashable, Sendable {
  case gitLock = "git-lock"
  case openWriter = "open-writer"
}
