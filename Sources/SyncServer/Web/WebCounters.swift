import NIOHTTP1

/// What is counted while browsers are served.
struct WebCounters: Sendable {
  /// Answers by the first digit of their status, from 1.
  private let answers = (1...5).map { _ in ServerCounters.Counter() }
  /// Questions of proxies whose browser may.
  let allowed = ServerCounters.Counter()
  /// Those whose browser may not.
  let refused = ServerCounters.Counter()
  /// Those whose browser is sent elsewhere: to the login.
  let redirected = ServerCounters.Counter()
  /// Event streams of pages that are open.
  let streams = ServerCounters.Counter()
  /// Rule files that could not be used.
  let ruleErrors = ServerCounters.Counter()

  func answered(_ status: HTTPResponseStatus) {
    let index = Int(status.code / 100) - 1
    if answers.indices.contains(index) { answers[index].add() }
  }

  func checked(_ status: HTTPResponseStatus) {
    switch status.code / 100 {
    case 2: allowed.add()
    case 3: redirected.add()
    case 4: refused.add()
    default: break
    }
  }

  /// Answers by status: `2xx` and so on.
  var byStatus: [(label: String, count: Int)] {
    answers.indices.dropFirst().map { ("\($0 + 1)xx", answers[$0].count) }
  }
}
