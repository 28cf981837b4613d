import Foundation

/// The time as sessions need it; a test has its own.
package protocol SessionClock: Sendable {
  typealias Instant = ContinuousClock.Instant

  var now: Instant { get }
  var wall: WallTime { get }
  /// Returns at `instant` or later.
  ///
  /// - Throws: `CancellationError`.
  func wait(until instant: Instant) async throws
}

/// The machine's clocks.
package struct SystemSessionClock: SessionClock {
  package init() {}

  package var now: Instant { ContinuousClock().now }

  package var wall: WallTime {
    WallTime(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
  }

  package func wait(until instant: Instant) async throws {
    // check:allow(sleep): a waiting process of a session wakes when another's lease is over.
    try await Task.sleep(until: instant, clock: .continuous)
  }
}
