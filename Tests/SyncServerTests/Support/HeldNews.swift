import Sessions
import Synchronization

/// Stands between the sessions and those who hear of them, and passes on what changes when a test says.
final class HeldNews: SessionListener {
  private struct State {
    var isHolding = false
    var held: [SessionEvent] = []
    var listener: (any SessionListener)?
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.held.count } }

  func pass(to listener: any SessionListener) -> HeldNews {
    state.withLock { $0.listener = listener }
    return self
  }

  func hold() { state.withLock { $0.isHolding = true } }

  func passNext() {
    let (listener, event) = state.withLock { ($0.listener, $0.held.removeFirst()) }
    listener?.sessionChanged(event)
  }

  func sessionChanged(_ event: SessionEvent) {
    let listener = state.withLock { state -> (any SessionListener)? in
      if state.isHolding { state.held.append(event) }
      return state.isHolding ? nil : state.listener
    }
    listener?.sessionChanged(event)
  }
}
