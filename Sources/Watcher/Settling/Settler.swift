/// Decides when pending changes are released.
///
/// Pure: it sees a summary and the time, no clock.
package struct Settler {
  package typealias Instant = ContinuousClock.Instant

  /// What it has to know.
  package struct Situation {
    package var pending = 0
    package var held = 0
    package var isSingleCleanSave = false
    package var firstEvent: Instant?
    package var lastEvent: Instant?
    /// Since when git has held its lock; nil when it does not.
    package var lockedSince: Instant?
    /// When git last let go of it.
    package var unlockedAt: Instant?
    /// Somebody waits behind a barrier that all earlier changes have passed.
    package var barrierWaits = false

    package init() {}
  }

  package enum Decision: Equatable {
    case nothingPending
    case wait(until: Instant)
    case waitForLock(until: Instant)
    case release
  }

  private let settings: WatchSettings

  package init(settings: WatchSettings) {
    self.settings = settings
  }

  package func decide(_ situation: Situation, now: Instant) -> Decision {
    let isWanted = situation.barrierWaits && situation.held > 0
    guard situation.pending > 0 || isWanted else { return .nothingPending }
    if let since = situation.lockedSince {
      let limit = since + settings.gitLockLimit
      if now < limit { return .waitForLock(until: limit) }
    }
    if situation.barrierWaits { return .release }
    guard let first = situation.firstEvent, let last = situation.lastEvent else { return .release }
    let quiet =
      situation.isSingleCleanSave ? settings.quietAfterSingleSave : settings.quietAfterBurst
    var due = last + quiet
    var ceiling = first + settings.longestWait
    if let unlocked = situation.unlockedAt, situation.lockedSince == nil {
      if unlocked >= last { due = unlocked + min(quiet, settings.quietAfterGitLock) }
      ceiling = max(ceiling, unlocked + settings.longestWait)
    }
    due = min(due, ceiling)
    return now < due ? .wait(until: due) : .release
  }
}
