/// Changes that belong together, in the order of their paths, each path once.
package struct ChangeBatch: Sendable {
  /// Counts 1, 2, 3 … for as long as one watcher lives.
  package let sequence: UInt64
  package let changes: [Change]
  /// When the first of the changes was noticed.
  package let firstEvent: ContinuousClock.Instant

  package init(sequence: UInt64, changes: [Change], firstEvent: ContinuousClock.Instant) {
    self.sequence = sequence
    self.changes = changes
    self.firstEvent = firstEvent
  }
}
