import SyncProtocol

/// How long a request may wait for its answer.
enum Deadline {
  static let possible = 1...600_000

  /// - Throws: `bad-request` for what is no time to wait.
  static func milliseconds(_ number: Int) throws(ProblemDetails) -> Duration {
    guard possible.contains(number) else {
      throw ProblemDetails(
        .badRequest,
        detail: "deadlineMs is from 1 to \(possible.upperBound), and not \(number)."
      )
    }
    return .milliseconds(number)
  }
}
