import ProjectModel
import Testing

@Suite struct AddressRulesTests {
  private func rules(_ rows: (String, Bool)...) -> AddressRules {
    AddressRules(rows.map { AddressRules.Row($0.0, allows: $0.1) })
  }

  @Test func theFirstMatchDecides() {
    let rules = rules(("192.168.1.7", false), ("192.168.*", true), ("*", false))
    #expect(!rules.allows("192.168.1.7"))
    #expect(rules.allows("192.168.1.8"))
    #expect(!rules.allows("10.0.0.1"))
  }

  @Test func whoMatchesNothingIsRefused() {
    #expect(!rules(("10.*", true)).allows("11.0.0.1"))
    #expect(!AddressRules([]).allows("127.0.0.1"))
    #expect(AddressRules.everybody.allows("8.8.8.8"))
    #expect(!AddressRules.everybody.allows("no address"))
    #expect(AddressRules.ownMachine.allows("127.9.9.9") && AddressRules.ownMachine.allows("::1"))
    #expect(!AddressRules.ownMachine.allows("10.0.0.1"))
  }

  @Test(
    arguments: [
      ("*", "::1", true), ("192.168.*", "192.168.0.1", true), ("192.168.*.*", "192.168.0.1", true),
      ("*.*.*.*", "1.2.3.4", true), ("192.168.1*", "192.168.10.1", true),
      ("192.168.*", "192.169.0.1", false), ("192.168.*", "::ffff:192.168.3.4", true),
      ("10.0.0.1", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.1", "10.0.0.1", true),
      ("::ffff:10.*", "10.2.3.4", true), ("10.0.0.1", "10.0.0.10", false),
      ("fe80:*", "fe80::1%eth0", true), ("2001:DB8::1", "2001:db8:0:0:0:0:0:1", true),
      ("2001:db8:0:*", "2001:db8::1", true), ("2001:db8:1:*", "2001:db8::1", false),
      ("::1", "::1", true), ("::1", "127.0.0.1", false), ("bogus", "10.0.0.1", false),
      ("10.*.1", "10.0.0.1", false), ("host*", "10.0.0.1", false), ("", "10.0.0.1", false),
      (" 10.0.0.1 ", "10.0.0.1", true),
    ]
  )
  func patternsMatch(pattern: String, address: String, isMatch: Bool) {
    #expect(rules((pattern, true)).allows(address) == isMatch)
  }

  @Test(
    arguments: [
      ("1.2.3.4", "1.2.3.4"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
      ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
      ("::ffff:1.2.3.4", "1.2.3.4"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
      ("[fe80::1]", "fe80::1"), ("fe80::1%eth0", "fe80::1"), ("0:0:0:0:0:0:0:0", "::"),
    ]
  )
  func addressesAreReadAndWritten(text: String, canonical: String) {
    #expect(IPAddress(text)?.description == canonical)
  }

  @Test(
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", ":", ":::", "1:2",
      "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4::",
      "host", "1:2:3:4:5:6:7:1.2.3.4",
    ]
  )
  func whatIsNoAddressIsNone(text: String) {
    #expect(IPAddress(text) == nil)
  }
}
