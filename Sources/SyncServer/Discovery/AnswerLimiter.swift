package import ProjectModel

/// How many answers go out, to one address and to all: a forged sender cannot be flooded from here.
package struct AnswerLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var filled: ContinuousClock.Instant

    mutating func take(
      at now: ContinuousClock.Instant,
      burst: Double,
      perSecond: Double
    ) -> Bool {
      tokens = min(burst, tokens + (now - filled) / .seconds(1) * perSecond)
      filled = now
      guard tokens >= 1 else { return false }
      tokens -= 1
      return true
    }
  }

  package static let burst = 20
  package static let perSecond = 5.0
  private static let totalBurst = 1_000.0
  private static let totalPerSecond = 500.0
  private static let mostAddresses = 4_096

  private var buckets: [[UInt8]: Bucket] = [:]
  private var total: Bucket?
  private var swept: ContinuousClock.Instant?

  package init() {}

  /// Whether one more answer may go to an address.
  package mutating func admits(_ address: IPAddress, at now: ContinuousClock.Instant) -> Bool {
    // One machine has all the addresses of an IPv6 network.
    let key = address.isIPv4 ? address.bytes : Array(address.bytes.prefix(8))
    guard buckets[key] != nil || hasRoom(at: now) else { return false }
    let burst = Double(Self.burst)
    var bucket = buckets[key] ?? Bucket(tokens: burst, filled: now)
    let mayHave = bucket.take(at: now, burst: burst, perSecond: Self.perSecond)
    buckets[key] = bucket
    guard mayHave else { return false }
    var total = total ?? Bucket(tokens: Self.totalBurst, filled: now)
    defer { self.total = total }
    return total.take(at: now, burst: Self.totalBurst, perSecond: Self.totalPerSecond)
  }

  /// Forgets the addresses that could have everything again; once a second, as it looks at them all.
  private mutating func hasRoom(at now: ContinuousClock.Instant) -> Bool {
    guard buckets.count >= Self.mostAddresses else { return true }
    if let swept, now - swept < .seconds(1) { return false }
    swept = now
    let full = Duration.seconds(Double(Self.burst) / Self.perSecond)
    buckets = buckets.filter { now - $0.value.filled < full }
    return buckets.count < Self.mostAddresses
  }
}
