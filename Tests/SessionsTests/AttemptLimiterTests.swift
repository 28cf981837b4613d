import Sessions
import Testing

@Suite struct AttemptLimiterTests {
  private let start = ContinuousClock().now

  private func at(_ seconds: Int) -> ContinuousClock.Instant {
    start.advanced(by: .seconds(seconds))
  }

  @Test func afterTheFourthFailureEachAttemptWaitsTenSeconds() {
    var limiter = AttemptLimiter()
    for _ in 0..<4 { #expect(limiter.begin(["a", "u"], at: at(0)) == nil) }
    #expect(limiter.begin(["a", "u"], at: at(3)) == .seconds(7))
    #expect(limiter.begin(["a", "u"], at: at(10)) == nil)
    #expect(limiter.begin(["a", "u"], at: at(11)) == .seconds(9))
  }

  @Test func theUserIsSlowedFromEveryAddressAndTheAddressForEveryUser() {
    var limiter = AttemptLimiter()
    for number in 0..<4 { #expect(limiter.begin(["a\(number)", "u"], at: at(0)) == nil) }
    #expect(limiter.begin(["a9", "u"], at: at(1)) != nil)
    #expect(limiter.begin(["a9", "v"], at: at(1)) == nil)
    for number in 0..<3 { #expect(limiter.begin(["a9", "w\(number)"], at: at(1)) == nil) }
    #expect(limiter.begin(["a9", "x"], at: at(2)) != nil)
  }

  @Test func anAttemptThatNobodyLookedAtDoesNotCount() {
    var limiter = AttemptLimiter()
    for _ in 0..<9 {
      #expect(limiter.begin(["u"], at: at(0)) == nil)
      limiter.withdraw(["u"])
    }
    for _ in 0..<4 { #expect(limiter.begin(["u"], at: at(0)) == nil) }
    #expect(limiter.begin(["u"], at: at(0)) != nil)
  }

  @Test func aRightPasswordAndTimeForgiveFailures() {
    var limiter = AttemptLimiter()
    for _ in 0..<4 { #expect(limiter.begin(["u"], at: at(0)) == nil) }
    limiter.succeeded(["u"])
    for _ in 0..<4 { #expect(limiter.begin(["u"], at: at(0)) == nil) }
    #expect(limiter.begin(["u"], at: at(1)) != nil)
    for _ in 0..<4 { #expect(limiter.begin(["u"], at: at(700)) == nil) }
  }
}
