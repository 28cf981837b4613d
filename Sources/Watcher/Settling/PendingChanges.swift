/// What was found and has not been released, and the files that wait for their writers.
struct PendingChanges {
  typealias Instant = ContinuousClock.Instant

  /// A file that somebody still writes to.
  struct HeldFile {
    var since: Instant
    var revision: UInt64
    var nextLook: Instant
    /// What the last look saw, where only looking twice tells whether the file stands still.
    var stillness: FileStatus?
  }

  private let settings: WatchSettings
  private(set) var changes: ChangeSet
  private(set) var held: [RawPath: HeldFile] = [:]
  private(set) var firstEvent: Instant?
  private(set) var lastEvent: Instant?
  private var revision: UInt64 = 0

  init(settings: WatchSettings) {
    self.settings = settings
    changes = ChangeSet(limit: settings.dirtyPathLimit)
  }

  /// One path, and nothing is to be expected of it: a file that was saved and closed.
  var isSingleCleanSave: Bool {
    changes.count < settings.burstSize
      && changes.entries.values.allSatisfy { $0.kind == .changed && $0.evidence == .closed }
  }

  mutating func add(_ change: FoundChange, at now: Instant) {
    revision += 1
    if var file = held[change.path] {
      if change.kind == .changed, change.evidence != .closed {
        file.revision = revision
        held[change.path] = file
        return
      }
      held[change.path] = nil
    }
    let isStillOpen = change.evidence == .open && changes.entries[change.path]?.evidence == .open
    changes.insert(change.path, kind: change.kind, evidence: change.evidence)
    firstEvent = firstEvent ?? now
    // Who writes on and on must not delay what others have saved.
    if !isStillOpen { lastEvent = now }
  }

  /// Sets the file apart until its writer closes it, unless it was closed since `revision`.
  mutating func hold(_ path: RawPath, revision seen: UInt64, file: HeldFile) {
    guard let entry = changes.entries[path] else { return }
    // Whoever wrote on since then has it open still: it must not be told for that.
    guard entry.revision == seen || entry.evidence == .open else { return }
    _ = changes.remove(path)
    revision += 1
    var file = file
    // What came since the look makes what it saw worthless.
    if entry.revision != seen { file.stillness = nil }
    file.revision = revision
    held[path] = file
  }

  /// Goes on holding the file, as a further look found it.
  mutating func keepHolding(_ path: RawPath, revision seen: UInt64, file: HeldFile) {
    guard let current = held[path] else { return }
    var file = file
    file.revision = current.revision
    // What came since the look makes what it saw worthless.
    if current.revision != seen { file.stillness = nil }
    held[path] = file
  }

  /// Counts the held file among the pending changes again.
  mutating func stopHolding(_ path: RawPath, as evidence: WriteEvidence, at now: Instant) {
    guard held.removeValue(forKey: path) != nil else { return }
    add(FoundChange(path, .changed, evidence: evidence), at: now)
  }

  /// Empties the set; held files stay behind unless all are wanted.
  mutating func take(includingHeld: Bool) -> (changes: ChangeSet, firstEvent: Instant?) {
    if includingHeld {
      for path in held.keys { changes.insert(path, kind: .changed, evidence: .closed) }
      firstEvent = firstEvent ?? held.values.map(\.since).min()
      held = [:]
    }
    defer {
      changes = ChangeSet(limit: settings.dirtyPathLimit)
      firstEvent = nil
      lastEvent = nil
    }
    return (changes, firstEvent)
  }
}
