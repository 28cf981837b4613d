import Synchronization

/// What was seen of a program, between the threads that read it and the test that asks.
final class SeenOutput: Sendable {
  enum Place: Sendable {
    case output
    case errors
  }

  private struct Search {
    let text: String
    let place: Place
    let waiter: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var output = ""
    var errors = ""
    var unread: [String] = []
    var rest = ""
    var outputEnded = false
    var status: Int32?
    var reader: CheckedContinuation<String?, Never>?
    var waiters: [CheckedContinuation<Int32, Never>] = []
    var searches: [Search] = []

    /// Whether a search is over, and how; `nil` while more may come.
    func outcome(of search: Search) -> Bool? {
      let (text, isOver) =
        switch search.place {
        case .output: (output, outputEnded)
        case .errors: (errors, status != nil)
        }
      return text.contains(search.text) ? true : isOver ? false : nil
    }
  }

  private let state = Mutex(State())

  var output: String { state.withLock { $0.output } }
  var errors: String { state.withLock { $0.errors } }

  func take(errors text: String) { change { $0.errors += text } }

  func take(output text: String) {
    change { state in
      state.output += text
      var lines = (state.rest + text).split(separator: "\n", omittingEmptySubsequences: false)
      state.rest = lines.popLast().map(String.init) ?? ""
      state.unread += lines.map(String.init)
    }
  }

  func endOutput() { change { $0.outputEnded = true } }

  func end(status: Int32) { change { $0.status = status } }

  func line() async -> String? {
    await withCheckedContinuation { continuation in change { $0.reader = continuation } }
  }

  func exitStatus() async -> Int32 {
    await withCheckedContinuation { continuation in change { $0.waiters.append(continuation) } }
  }

  /// Whether a text comes, before its place has ended.
  func finds(_ text: String, in place: Place) async -> Bool {
    await withCheckedContinuation { waiter in
      change { $0.searches.append(Search(text: text, place: place, waiter: waiter)) }
    }
  }

  /// Changes what is known and answers whoever can be answered now.
  private func change(_ body: (inout State) -> Void) {
    let answers = state.withLock { state -> [() -> Void] in
      body(&state)
      var answers: [() -> Void] = []
      if let reader = state.reader, !state.unread.isEmpty || state.outputEnded {
        let line = state.unread.isEmpty ? nil : state.unread.removeFirst()
        state.reader = nil
        answers.append { reader.resume(returning: line) }
      }
      if let status = state.status, state.outputEnded {
        for waiter in state.waiters { answers.append { waiter.resume(returning: status) } }
        state.waiters = []
      }
      let searches = state.searches
      state.searches = []
      for search in searches {
        if let outcome = state.outcome(of: search) {
          answers.append { search.waiter.resume(returning: outcome) }
        } else {
          state.searches.append(search)
        }
      }
      return answers
    }
    for answer in answers { answer() }
  }
}
