import ProjectHost
import Testing

struct RandomIDTests {
  private struct Counting: RandomNumberGenerator {
    var last: UInt64 = 0

    mutating func next() -> UInt64 {
      last += 1
      return last
    }
  }

  @Test func anIDKeepsItsLeadingZeros() {
    var generator = Counting()
    #expect(RandomID.text(using: &generator) == "00000000000000010000000000000002")
  }
}
