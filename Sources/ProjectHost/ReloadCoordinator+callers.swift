import SyncProtocol
import Watcher

/// Those who wait for a reload that holds what they wrote.
extension ReloadCoordinator {
  /// Waits for a reload that holds every change made before the call.
  ///
  /// - Parameters:
  ///   - reason: what a new generation is said to be caused by.
  ///   - cause: what the caller was asked for, for the notice.
  ///   - durability: what has to hold of the generation for an answer.
  ///   - deadline: when to answer at the latest.
  /// - Returns: at the deadline, outcome `pending`; the reload goes on.
  func reload(
    reason: ReloadReason,
    cause: String? = nil,
    durability: BarrierRequest.Durability,
    deadline: ContinuousClock.Instant
  ) async -> ReloadAnswer {
    let began = ContinuousClock().now
    guard let sequence = try? await watcher.barrier(until: deadline) else {
      return pendingAnswer(since: began)
    }
    let key = callers.newKey()
    return await withTaskGroup(of: ReloadAnswer?.self) { group in
      group.addTask {
        await self.wait(
          key,
          as: .init(
            sequence: sequence,
            reason: reason,
            cause: cause,
            began: began,
            durability: durability
          )
        )
      }
      group.addTask {
        try? await Task.sleep(until: deadline, clock: .continuous)
        await self.giveUp(key)
        return nil
      }
      for await answer in group {
        guard let answer else { continue }
        group.cancelAll()
        return answer
      }
      return pendingAnswer(since: began)
    }
  }

  private func wait(_ key: Int, as caller: WaitingCallers.Caller) async -> ReloadAnswer {
    if ended { return pendingAnswer(since: caller.began) }
    // Its batch is in the generation that is known already; only the file is still being written.
    if let announced, caller.sequence <= absorbed, caller.durability == .generation {
      return answer(announced, since: caller.began)
    }
    return await withCheckedContinuation { continuation in
      callers.add(caller, as: key, continuation)
      wakeUp.yield()
    }
  }

  /// Answers those for whom the generation is enough, while its file is still being written.
  func answerEarly(_ outcome: Outcome) {
    announced = outcome
    answer(outcome) { $0.durability == .generation }
  }

  /// Answers those whose batch is in the reload under way; also who came after its beginning.
  func answer(
    _ outcome: Outcome,
    where isEnough: (WaitingCallers.Caller) -> Bool = { _ in true }
  ) {
    for (key, caller) in callers.answered(by: absorbed) where isEnough(caller) {
      guard let (_, continuation) = callers.remove(key) else { continue }
      continuation.resume(returning: answer(outcome, since: caller.began))
    }
  }

  func giveUp(_ key: Int) {
    guard let (caller, continuation) = callers.remove(key) else { return }
    continuation.resume(returning: pendingAnswer(since: caller.began))
  }

  private func pendingAnswer(since began: ContinuousClock.Instant) -> ReloadAnswer {
    answer(Outcome(kind: .pending, problems: problems), since: began)
  }

  private func answer(_ outcome: Outcome, since began: ContinuousClock.Instant) -> ReloadAnswer {
    ReloadAnswer(
      outcome: outcome.kind,
      generation: generation,
      manifest: manifest,
      changed: lastChanged,
      problems: outcome.problems,
      took: ContinuousClock().now - began
    )
  }
}
