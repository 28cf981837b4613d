import Sessions
import Testing

@Suite struct SessionIDTests {
  @Test func anIDHasThirtyTwoUpperCaseDigits() {
    struct Fixed: RandomNumberGenerator {
      mutating func next() -> UInt64 { 0xAB }
    }
    var random = Fixed()
    #expect(SessionID(using: &random).text == "00000000000000AB00000000000000AB")
  }
}
