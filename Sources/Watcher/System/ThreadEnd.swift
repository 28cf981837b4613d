import Synchronization

/// Waits for several threads and then tells once how they ended.
final class ThreadEnd: Sendable {
  private let state: Mutex<(missing: Int, result: Result<Void, any Error>)>
  private let done: @Sendable (Result<Void, any Error>) -> Void

  init(count: Int, _ done: @escaping @Sendable (Result<Void, any Error>) -> Void) {
    state = Mutex((count, .success(())))
    self.done = done
  }

  /// One more has ended; a failure is what is told.
  func arrive(_ result: Result<Void, any Error>) {
    let final: Result<Void, any Error>? = state.withLock { state in
      if case .failure = result { state.result = result }
      state.missing -= 1
      return state.missing == 0 ? state.result : nil
    }
    if let final { done(final) }
  }
}
