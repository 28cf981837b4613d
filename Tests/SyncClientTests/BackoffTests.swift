import SyncClient
import Testing

@Suite struct BackoffTests {
  /// Always the largest value: shows the ceilings.
  private struct Largest: RandomNumberGenerator {
    func next() -> UInt64 { .max }
  }

  @Test func theCeilingDoublesUpToThirtySeconds() {
    var backoff = Backoff()
    var generator = Largest()
    let waits = (0..<8).map { _ in backoff.next(using: &generator) }
    #expect(waits.first.map { $0 <= .milliseconds(500) } == true)
    #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(waits.allSatisfy { $0 <= .seconds(30) })
    backoff.reset()
    #expect(backoff.next(using: &generator) <= .milliseconds(500))
  }
}
