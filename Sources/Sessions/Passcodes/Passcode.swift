package import ProjectModel

/// What a one-time passcode stands for; the passcode itself is kept nowhere (4d-domain §9.5).
package struct Passcode: Hashable, Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// A desktop session's passcode, in seconds.
  package static let desktopLife = 10
  package static let longestLife = 48 * 3600
  /// Open ones of one session at a time.
  package static let mostOpen = 16

  package let session: SessionID
  /// By the calendar.
  package let made: WallTime
  package let end: Instant
  /// The same moment by the calendar: whichever comes first counts, so that a clock that was set
  /// back lengthens no life.
  package let wallEnd: WallTime

  package init(session: SessionID, made: WallTime, end: Instant, wallEnd: WallTime) {
    self.session = session
    self.made = made
    self.end = end
    self.wallEnd = wallEnd
  }

  package func isOver(at now: Instant, _ wall: WallTime) -> Bool { now >= end || wall >= wallEnd }
}

/// Where open passcodes are kept, by their hash.
package protocol PasscodeStore: Sendable {
  /// Keeps a passcode.
  ///
  /// - Returns: whether its session has fewer open ones than `most`; those that are over at `now`
  ///   do not count.
  func put(
    _ hash: Digest,
    _ passcode: Passcode,
    most: Int,
    at now: ContinuousClock.Instant,
    _ wall: WallTime
  ) async throws -> Bool

  /// Takes a passcode away: of any number of calls at the same time one gets it.
  ///
  /// One that is no good goes without a word, and no later than one that was never there: a store
  /// that takes time to let go of a passcode does so for a good one alone.
  ///
  /// - Throws: when a good one cannot be let go of. It stays then.
  func take(
    _ hash: Digest,
    where isGood: @Sendable (Passcode) -> Bool
  ) async throws -> Passcode?

  /// Whether a passcode is there, good or not.
  func has(_ hash: Digest) async -> Bool

  /// Forgets the passcodes of sessions that have ended.
  func forget(_ sessions: [SessionID]) async throws
}
