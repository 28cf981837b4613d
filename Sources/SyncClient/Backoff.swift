/// Full-jitter exponential back-off: after each failure a random wait below a doubling ceiling.
package struct Backoff: Sendable {
  private static let first = Duration.milliseconds(500)
  private static let longest = Duration.seconds(30)

  private var ceiling = Backoff.first

  package init() {}

  /// The next wait; the ceiling doubles.
  package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    defer { ceiling = min(ceiling * 2, Self.longest) }
    return ceiling * Double.random(in: 0...1, using: &generator)
  }

  package mutating func reset() { ceiling = Self.first }
}
