/// Slows down whoever guesses passwords: after the fourth failure each attempt waits ten seconds
/// (4d-domain §6.3), for the address and for the user.
package struct AttemptLimiter: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private struct Record {
    var failures: Int
    var last: Instant
  }

  /// Failures that cost nothing.
  package static let freeFailures = 4
  package static let wait = Duration.seconds(10)
  /// Failures are forgotten after this time without another one.
  private static let memory = Duration.seconds(600)
  private static let mostRecords = 10_000

  private var records: [String: Record] = [:]

  package init() {}

  /// Begins an attempt, which counts as failed until `succeeded` says otherwise: attempts at the
  /// same time gain nothing.
  ///
  /// - Returns: `nil` when it may go on; otherwise the time to wait, and it does not count.
  package mutating func begin(_ keys: [String], at now: Instant) -> Duration? {
    let waits = keys.compactMap { key -> Duration? in
      guard let record = records[key], record.failures >= Self.freeFailures else { return nil }
      let left = Self.wait - (now - record.last)
      return left > .zero ? left : nil
    }
    if let longest = waits.max() { return longest }
    if records.count + keys.count > Self.mostRecords { forget(before: now) }
    for key in keys { records[key] = Record(failures: failures(of: key, at: now) + 1, last: now) }
    return nil
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
    guard let record = records[key], now - record.last < Self.memory else { return 0 }
    return record.failures
  }

  /// Makes room: what is old first, and then everything.
  private mutating func forget(before now: Instant) {
    records = records.filter { now - $0.value.last < Self.wait }
    if records.count >= Self.mostRecords { records = [:] }
  }
}
