/// Releases what has settled.
///
/// Runs on a thread of its own, because looking for open writers blocks; sleeps without a time-out
/// while nothing is pending.
struct ReleaseLoop {
  typealias Instant = ContinuousClock.Instant

  private enum Step {
    case end
    case wait(until: Instant?)
    case wakePump
    case look(at: [Candidate])
  }

  /// A file whose writer has to be looked for before it is released.
  private struct Candidate {
    let path: RawPath
    let revision: UInt64
    /// Set when it is held already.
    let held: PendingChanges.HeldFile?
  }

  // Beyond this number only files are looked at that were not seen to be closed.
  private static let exhaustiveLooks = 256
  private static let lookInterval: Duration = .milliseconds(500)
  private static let stillInterval: Duration = .milliseconds(50)

  let board: Board
  let root: String
  let settings: WatchSettings
  let wakePump: @Sendable () -> Void

  func run() {
    while true {
      switch nextStep() {
      case .end: return
      case .wait(let instant): board.bell.wait(until: instant)
      case .wakePump: wakePump()
      case .look(let candidates): release(after: candidates)
      }
    }
  }

  private func nextStep() -> Step {
    board.update { state in
      let now = Instant.now
      if case .ended = state.phase { return (.end, []) }
      var answers = state.expireBarriers(now: now)
      answers += state.answerBarriers(now: now)
      if let due = state.pumpWakeAt, due <= now {
        state.pumpWakeAt = nil
        return (.wakePump, answers)
      }
      var wakes = [state.pumpWakeAt].compactMap(\.self) + state.barriers.values.map(\.deadline)
      switch Settler(settings: settings).decide(state.situation, now: now) {
      case .release: return (.look(at: candidates(state)), answers)
      case .wait(let until): wakes.append(until)
      case .waitForLock(let until):
        if !state.isDeferringForLock {
          state.isDeferringForLock = true
          state.deferrals[.gitLock, default: 0] += 1
        }
        wakes.append(until)
      case .nothingPending: break
      }
      if let due = state.pending.held.values.map(\.nextLook).min() {
        if due <= now { return (.look(at: heldCandidates(state, now: now)), answers) }
        wakes.append(due)
      }
      return (.wait(until: wakes.min()), answers)
    }
  }

  private func candidates(_ state: BoardState) -> [Candidate] {
    let entries = state.pending.changes.entries
    let isExhaustive = entries.count <= Self.exhaustiveLooks
    return entries.compactMap { path, entry in
      guard entry.kind == .changed, entry.evidence != .overdue,
        isExhaustive || entry.evidence != .closed
      else { return nil }
      return Candidate(path: path, revision: entry.revision, held: nil)
    }
  }

  private func heldCandidates(_ state: BoardState, now: Instant) -> [Candidate] {
    state.pending.held.compactMap { path, file in
      file.nextLook <= now ? Candidate(path: path, revision: file.revision, held: file) : nil
    }
  }

  private func release(after candidates: [Candidate]) {
    var findings: [(Candidate, OpenWriterProbe.Finding)] = []
    if !candidates.isEmpty, let handle = try? DirectoryHandle.open(path: root, for: .lookUp) {
      for candidate in candidates {
        findings.append((candidate, OpenWriterProbe.look(at: candidate.path, in: handle)))
      }
    }
    board.update { state in
      let now = Instant.now
      for (candidate, finding) in findings {
        apply(finding, to: candidate, in: &state, now: now)
      }
      // Git may have taken its lock, or further changes may have come, while files were looked at.
      guard Settler(settings: settings).decide(state.situation, now: now) == .release else {
        return []
      }
      warnOfStaleLocks(in: &state)
      return state.release(includingHeld: false, now: now)
    }
  }

  private func apply(
    _ finding: OpenWriterProbe.Finding,
    to candidate: Candidate,
    in state: inout BoardState,
    now: Instant
  ) {
    let path = candidate.path
    var file =
      candidate.held
      ?? PendingChanges.HeldFile(since: now, revision: 0, nextLook: now, stillness: nil)
    switch finding {
    case .closed:
      state.pending.stopHolding(path, as: .closed, at: now)
      state.warnings["writer " + path.text] = nil
      return
    case .open:
      file.nextLook = now + Self.lookInterval
    case .unclear(let status):
      // Of a file that was seen to be closed, or stood still between two looks, no more is known.
      let isClosed = state.pending.changes.entries[path]?.evidence == .closed
      if isClosed || file.stillness == status {
        state.pending.stopHolding(path, as: .closed, at: now)
        return
      }
      file.stillness = status
      file.nextLook = now + Self.stillInterval
    }
    guard now < file.since + settings.openWriterLimit else {
      state.warnings["writer " + path.text] =
        "\(path.text) has been open for writing for more than \(settings.openWriterLimit); "
        + "it is taken as it is. Close it in the program that writes to it."
      state.pending.stopHolding(path, as: .overdue, at: now)
      return
    }
    file.nextLook = min(file.nextLook, file.since + settings.openWriterLimit)
    guard candidate.held == nil else {
      state.pending.keepHolding(path, revision: candidate.revision, file: file)
      return
    }
    state.deferrals[.openWriter, default: 0] += 1
    state.pending.hold(path, revision: candidate.revision, file: file)
  }

  private func warnOfStaleLocks(in state: inout BoardState) {
    guard let lock = state.locks.first else { return }
    state.warnings["git"] =
      "\(lock.path) has been there for more than \(settings.gitLockLimit); changes are no longer "
      + "held back for it. If no git is running, remove the file."
  }
}
