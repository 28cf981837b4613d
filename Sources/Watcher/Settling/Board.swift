import Synchronization

/// Where the watching thread posts what it found and everybody else waits for it.
final class Board: Sendable {
  private let state: Mutex<BoardState>
  /// Rung when the releasing thread may have to think again.
  let bell = Bell()

  init(settings: WatchSettings) {
    state = Mutex(BoardState(settings: settings))
  }

  /// Changes the state and then, outside the lock, tells those who wait.
  func update<Result: Sendable>(
    _ body: (inout BoardState) -> (Result, BoardState.Answers)
  ) -> Result {
    let (result, answers) = state.withLock { state in body(&state) }
    for answer in answers { answer() }
    return result
  }

  func update(_ body: (inout BoardState) -> BoardState.Answers) {
    update { ((), body(&$0)) }
  }

  func read<Result: Sendable>(_ body: (inout BoardState) -> Result) -> Result {
    state.withLock { state in body(&state) }
  }

  /// Posts a round and lets the releasing thread think again if there is something to think about.
  ///
  /// Returns the barriers that were asked for before the tree had been read; they need a cookie.
  func publish(_ round: RoundResult) -> [UInt64] {
    let (needsThought, unmarked) = update { state in
      var answers = state.publish(round, now: .now)
      var unmarked: [UInt64] = []
      if round.isFirst {
        answers += state.started()
        unmarked = state.markBarriers()
      }
      let isBusy = !state.pending.changes.isEmpty || !state.pending.held.isEmpty
      let needsThought = isBusy || state.pumpWakeAt != nil || !state.barriers.isEmpty
      return ((needsThought, unmarked), answers)
    }
    if needsThought { bell.ring() }
    return unmarked
  }
}
