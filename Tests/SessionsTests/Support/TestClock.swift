import Sessions
import Synchronization

/// A clock that stands still until the test moves it.
final class TestClock: SessionClock {
  private struct State {
    var elapsed = Duration.zero
    var sleepers: [Int: (end: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var last = 0
  }

  private let start = ContinuousClock().now
  private let state = Mutex(State())

  var now: Instant { state.withLock { start.advanced(by: $0.elapsed) } }

  /// 2026-01-02T03:04:05.006Z and what has passed since.
  var wall: WallTime {
    WallTime(milliseconds: 1_767_323_045_006).advanced(by: state.withLock { $0.elapsed })
  }

  func advance(_ duration: Duration) {
    let due = state.withLock { state in
      state.elapsed += duration
      let due = state.sleepers.filter { $0.value.end <= state.elapsed }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }

  func wait(until instant: Instant) async throws {
    let id = state.withLock { state in
      state.last += 1
      return state.last
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isCancelled = Task.isCancelled
        let (isOver, told) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
          let end = instant - start
          if isCancelled || end <= state.elapsed { return (true, []) }
          state.sleepers[id] = (end, continuation)
          let count = state.sleepers.count
          let told = state.watchers.filter { $0.count <= count }
          state.watchers.removeAll { $0.count <= count }
          return (false, told.map(\.continuation))
        }
        for watcher in told { watcher.resume() }
        guard isOver else { return }
        if isCancelled {
          continuation.resume(throwing: CancellationError())
        } else {
          continuation.resume()
        }
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Returns once so many sleep.
  func untilAsleep(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
