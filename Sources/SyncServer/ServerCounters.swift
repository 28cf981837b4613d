import Synchronization

/// What is counted while serving, for status and metrics.
struct ServerCounters: Sendable {
  /// A number that any thread may change.
  final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add(_ number: Int = 1) { value.add(number, ordering: .relaxed) }
  }

  /// Events handed to a stream's socket, heartbeats included.
  let sent = Counter()
  /// Events that a newer one of the same topic replaced before a slow client took them.
  let coalesced = Counter()
  /// Streams cut because the client took nothing for too long.
  let cut = Counter()
  /// Connections closed for being too slow with a request or an answer.
  let timedOut = Counter()
  /// Connections of addresses that may not come, or beyond the limits.
  let turnedAway = Counter()
  /// Proofs of the same machine that did not hold.
  let refusedProofs = Counter()
  let web = WebCounters()
}
