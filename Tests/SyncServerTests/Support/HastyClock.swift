import Sessions
import Synchronization

/// The system's clock, put forward by a test.
final class HastyClock: SessionClock {
  private let ahead = Mutex(Duration.zero)
  private let system = SystemSessionClock()

  var now: ContinuousClock.Instant { system.now.advanced(by: ahead.withLock { $0 }) }

  var wall: WallTime { system.wall.advanced(by: ahead.withLock { $0 }) }

  func advance(by duration: Duration) { ahead.withLock { $0 += duration } }

  func wait(until instant: ContinuousClock.Instant) async throws {
    try await system.wait(until: instant.advanced(by: .zero - ahead.withLock { $0 }))
  }
}
