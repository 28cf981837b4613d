/// Slows down whoever guesses: after so many failures each attempt waits, for the address and for
/// the user (4d-domain §6.3 for passwords).
package struct AttemptLimiter: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private struct Record {
    var failures: Int
    var last: Instant
  }

  /// Failures that cost nothing, of passwords.
  package static let freeFailures = 4
  /// The wait after that, of passwords.
  package static let wait = Duration.seconds(10)
  private static let mostRecords = 10_000

  private let freeFailures: Int
  private let wait: Duration
  /// Failures are forgotten after this time without another one.
  private let memory: Duration
  private var records: [String: Record] = [:]

  package init(
    freeFailures: Int = Self.freeFailures,
    wait: Duration = Self.wait,
    memory: Duration = .seconds(600)
  ) {
    self.freeFailures = freeFailures
    self.wait = wait
    self.memory = memory
  }

  /// Begins an attempt, which counts as failed until `succeeded` says otherwise: attempts at the
  /// same time gain nothing.
  ///
  /// - Returns: `nil` when it may go on; otherwise the time to wait, and it does not count.
  package mutating func begin(_ keys: [String], at now: Instant) -> Duration? {
    if let longest = timeToWait(keys, at: now) { return longest }
    failed(keys, at: now)
    return nil
  }

  /// The time to wait before the next attempt; `nil` when it may go on.
  package func timeToWait(_ keys: [String], at now: Instant) -> Duration? {
    keys.compactMap { key -> Duration? in
      guard let record = records[key], record.failures >= freeFailures else { return nil }
      let left = wait - (now - record.last)
      return left > .zero ? left : nil
    }.max()
  }

  /// Counts a failure.
  package mutating func failed(_ keys: [String], at now: Instant) {
    if records.count + keys.count > Self.mostRecords { forget(before: now) }
    for key in keys { records[key] = Record(failures: failures(of: key, at: now) + 1, last: now) }
  }

  /// Forgets every failure: the password was right.
  package mutating func succeeded(_ keys: [String]) {
    for key in keys { records[key] = nil }
  }

  /// Takes back the attempt of `begin` alone: nobody looked at the password.
  package mutating func withdraw(_ keys: [String]) {
    for key in keys { records[key]?.failures -= 1 }
  }

  private func failures(of key: String, at now: Instant) -> Int {
    guard let record = records[key], now - record.last < memory else { return 0 }
    return record.failures
  }

  /// Makes room: what is old first, and then everything.
  private mutating func forget(before now: Instant) {
    records = records.filter { now - $0.value.last < wait }
    if records.count >= Self.mostRecords { records = [:] }
  }
}
