/// What one round of the watching thread found out.
struct RoundResult {
  var found: [FoundChange] = []
  /// Folders that were listed again although they stayed: whoever looked at something below in
  /// the meantime may have been led elsewhere.
  var relisted: [RawPath] = []
  /// Everything that happened before these barriers has been looked at.
  var reachedBarriers: [UInt64] = []
  var locks: [GitLock] = []
  /// When the watching thread wants to be woken even if nothing happens.
  var wakeAt: ContinuousClock.Instant?
  /// The part of the report that the watching thread knows.
  var report = WatcherReport()
  /// The tree has been read for the first time.
  var isFirst = false
}
