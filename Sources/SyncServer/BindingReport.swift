import SyncProtocol
import Synchronization

/// Tells whoever waits how the binding went, before or after it is done.
final class BindingReport: Sendable {
  private enum State {
    case waiting([Int: CheckedContinuation<ServerAddress, any Error>], next: Int)
    case done(Result<ServerAddress, any Error>)
  }

  private let state = Mutex(State.waiting([:], next: 0))

  /// The first report counts.
  func report(_ result: Result<ServerAddress, any Error>) {
    let waiting = state.withLock { state in
      guard case .waiting(let waiting, _) = state else {
        return [CheckedContinuation<ServerAddress, any Error>]()
      }
      state = .done(result)
      return Array(waiting.values)
    }
    for continuation in waiting { continuation.resume(with: result) }
  }

  func value() async throws -> ServerAddress {
    let key = state.withLock { state in
      guard case .waiting(let waiting, let next) = state else { return 0 }
      state = .waiting(waiting, next: next + 1)
      return next
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let known = state.withLock { state -> Result<ServerAddress, any Error>? in
          switch state {
          case .done(let result): return result
          case .waiting(var waiting, let next):
            // Cancelled before this line ran: the handler has found nothing to resume.
            if Task.isCancelled { return .failure(CancellationError()) }
            waiting[key] = continuation
            state = .waiting(waiting, next: next)
            return nil
          }
        }
        if let known { continuation.resume(with: known) }
      }
    } onCancel: {
      let left = state.withLock { state -> CheckedContinuation<ServerAddress, any Error>? in
        guard case .waiting(var waiting, let next) = state else { return nil }
        let left = waiting.removeValue(forKey: key)
        state = .waiting(waiting, next: next)
        return left
      }
      left?.resume(throwing: CancellationError())
    }
  }
}
