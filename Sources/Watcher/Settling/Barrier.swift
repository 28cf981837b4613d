/// Somebody waits until everything that happened so far is in a batch.
struct Barrier {
  let answer: CheckedContinuation<UInt64, any Error>
  let deadline: ContinuousClock.Instant
  /// Its cookie has been made, or stands for a rescan.
  var isMarked = false
  /// The watching thread has looked at everything that happened before.
  var isReached = false
}
