import ProjectHost
import Testing

struct ReturnSpreadTests {
  @Test func oneClientWaitsForNobody() {
    #expect(ReturnSpread(clients: 0, bandwidth: 1).milliseconds(fetching: 1 << 30) == 0)
    #expect(ReturnSpread(clients: 1, bandwidth: 1).milliseconds(fetching: 1 << 30) == 0)
  }

  @Test func everyClientHasTimeForItsBytes() {
    let spread = ReturnSpread(clients: 100, bandwidth: 100_000_000)
    // 100 clients, 10 MB each, over 100 MB/s: ten seconds, a fifth more, and their handshakes.
    #expect(spread.milliseconds(fetching: 10_000_000) == 12_100)
    #expect(spread.milliseconds(fetching: 0) == 100)
  }

  @Test func thereIsALimitAndNoOverflow() {
    let spread = ReturnSpread(clients: .max, bandwidth: 0)
    #expect(spread.milliseconds(fetching: .max) == 600_000)
  }
}
