import Sessions
import SyncServer
import Synchronization

/// A clock that a test moves, and nobody else: however long a busy machine holds a test up, no lease,
/// cookie or passcode of it is over before its time.
final class StillClock: SessionClock {
  private let ahead = Mutex(Duration.zero)
  private let start = (now: ContinuousClock().now, wall: SystemSessionClock().wall)

  var now: ContinuousClock.Instant { start.now.advanced(by: ahead.withLock { $0 }) }

  var wall: WallTime { start.wall.advanced(by: ahead.withLock { $0 }) }

  func advance(by duration: Duration) { ahead.withLock { $0 += duration } }

  func wait(until instant: ContinuousClock.Instant) async throws {
    // check:allow(sleep): what it waits for is the test.
    while now < instant { try await Task.sleep(for: .milliseconds(10)) }
  }
}

extension OpenSessions {
  /// The sessions of a test's server, whose time stands still.
  static func ofTest(
    _ semantics: SessionSemantics = .v21,
    clock: any SessionClock = StillClock(),
    listener: (any SessionListener)? = nil
  ) -> OpenSessions {
    OpenSessions(
      ofServerWith: SessionLimits(),
      semantics: semantics,
      clock: clock,
      listener: listener
    )
  }
}
