/// Everything that the watching thread, the releasing thread and the callers share.
///
/// A value behind one lock. What it wants to tell waiting tasks it returns, to be told after the
/// lock has been given back.
struct BoardState {
  typealias Instant = ContinuousClock.Instant
  typealias Answers = [@Sendable () -> Void]

  enum Phase {
    case idle
    case starting
    case watching
    case ended(WatcherError)
  }

  /// Changes that nobody has fetched yet.
  struct Outbox {
    let sequence: UInt64
    var changes: ChangeSet
    var firstEvent: Instant
  }

  let settings: WatchSettings
  var phase = Phase.idle
  var pending: PendingChanges
  var outbox: Outbox?
  /// The batch that the consumer works on.
  var inFlight: ChangeSet?
  var sequence: UInt64 = 0
  var consumer: CheckedContinuation<ChangeBatch, any Error>?
  var starters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
  var barriers: [UInt64: Barrier] = [:]
  /// Barriers whose cookie could not be made: only a rescan can answer them.
  var rescanBarriers: [UInt64] = []
  var serial: UInt64 = 0
  var locks: [GitLock] = []
  var unlockedAt: Instant?
  var pumpWakeAt: Instant?
  var isStopping = false
  var report = WatcherReport()
  var deferrals: [DeferralReason: Int] = [:]
  var isDeferringForLock = false
  /// Warnings of the releasing side, by what they are about.
  var warnings: [String: String] = [:]

  init(settings: WatchSettings) {
    self.settings = settings
    pending = PendingChanges(settings: settings)
  }

  mutating func nextSerial() -> UInt64 {
    serial += 1
    return serial
  }

  /// Takes in what a round found; releases at once what a barrier waits for.
  mutating func publish(_ round: RoundResult, now: Instant) -> Answers {
    for change in round.found where isNews(change) {
      pending.add(change, at: now)
      if !warnings.isEmpty { warnings["writer " + change.path.text] = nil }
    }
    for folder in round.relisted { repeatInFlight(below: folder, at: now) }
    if !locks.isEmpty, round.locks.isEmpty {
      unlockedAt = now
      isDeferringForLock = false
      warnings["git"] = nil
    }
    locks = round.locks
    pumpWakeAt = round.wakeAt
    report = round.report
    for serial in round.reachedBarriers { barriers[serial]?.isReached = true }
    return answerBarriers(now: now)
  }

  /// Whether the consumer may have a picture of the path at all.
  private func isNews(_ change: FoundChange) -> Bool {
    guard change.isUnknown else { return true }
    return pending.changes.covers(change.path) || pending.held[change.path] != nil
      || outbox?.changes.covers(change.path) ?? false || inFlight?.covers(change.path) ?? false
  }

  /// The consumer may have looked at the paths that it was given while they led elsewhere.
  private mutating func repeatInFlight(below folder: RawPath, at now: Instant) {
    guard let inFlight else { return }
    for (path, entry) in inFlight.entries where path == folder || path.isBelow(folder) {
      guard entry.kind != .gone, pending.changes.entries[path] == nil else { continue }
      pending.add(FoundChange(path, entry.kind, evidence: entry.evidence), at: now)
    }
  }

  var situation: Settler.Situation {
    var situation = Settler.Situation()
    situation.pending = pending.changes.count
    situation.held = pending.held.count
    situation.isSingleCleanSave = pending.isSingleCleanSave
    situation.firstEvent = pending.firstEvent
    situation.lastEvent = pending.lastEvent
    situation.lockedSince = locks.map(\.since).max()
    situation.unlockedAt = unlockedAt
    situation.barrierWaits = barriers.values.contains { $0.isReached }
    return situation
  }

  /// Makes everything available that reached barriers wait for, and answers them.
  mutating func answerBarriers(now: Instant) -> Answers {
    let reached = barriers.filter { $0.value.isReached }
    guard !reached.isEmpty else { return [] }
    var answers: Answers = []
    switch Settler(settings: settings).decide(situation, now: now) {
    case .waitForLock: return []
    case .release: answers = release(includingHeld: true, now: now)
    case .nothingPending, .wait: break
    }
    let sequence = sequence
    for (serial, barrier) in reached {
      barriers[serial] = nil
      answers.append { barrier.answer.resume(returning: sequence) }
    }
    return answers
  }

  /// Moves pending changes to where the consumer gets them.
  mutating func release(includingHeld: Bool, now: Instant) -> Answers {
    let (changes, firstEvent) = pending.take(includingHeld: includingHeld)
    guard !changes.isEmpty else { return [] }
    if outbox == nil {
      sequence += 1
      outbox = Outbox(sequence: sequence, changes: changes, firstEvent: firstEvent ?? now)
    } else {
      outbox?.changes.merge(changes)
    }
    guard let consumer, let batch = takeBatch() else { return [] }
    self.consumer = nil
    return [{ consumer.resume(returning: batch) }]
  }

  /// What the consumer gets next, if there is anything.
  mutating func takeBatch() -> ChangeBatch? {
    inFlight = nil
    guard let ready = outbox else { return nil }
    outbox = nil
    inFlight = ready.changes
    return ChangeBatch(
      sequence: ready.sequence,
      changes: ready.changes.sorted(),
      firstEvent: ready.firstEvent
    )
  }

  /// Ends barriers whose deadline has passed.
  mutating func expireBarriers(now: Instant) -> Answers {
    var answers: Answers = []
    for (serial, barrier) in barriers where barrier.deadline <= now {
      barriers[serial] = nil
      answers.append { barrier.answer.resume(throwing: WatcherError.barrierTimedOut) }
    }
    return answers
  }

  /// The barriers that have no cookie yet; from now on they have.
  mutating func markBarriers() -> [UInt64] {
    let unmarked = barriers.filter { !$0.value.isMarked }.map(\.key)
    for serial in unmarked { barriers[serial]?.isMarked = true }
    return unmarked
  }

  mutating func started() -> Answers {
    phase = .watching
    defer { starters = [:] }
    return starters.values.map { starter in { starter.resume() } }
  }

  /// Tells everybody who waits that there is nothing to wait for any more.
  mutating func end(_ error: WatcherError) -> Answers {
    if case .ended = phase { return [] }
    phase = .ended(error)
    var answers: Answers = starters.values.map { starter in { starter.resume(throwing: error) } }
    answers += barriers.values.map { barrier in { barrier.answer.resume(throwing: error) } }
    if let consumer { answers.append { consumer.resume(throwing: error) } }
    starters = [:]
    barriers = [:]
    consumer = nil
    return answers
  }
}
