/// The allow/deny table of a project: the first row that matches decides, and who matches none is
/// refused (4d-domain §7.3).
package struct AddressRules: Hashable, Sendable {
  package struct Row: Hashable, Sendable {
    /// `*`, the start of an address and `*`, or an address.
    package let pattern: String
    package let allows: Bool
    private let match: Match

    package init(_ pattern: String, allows: Bool) {
      self.pattern = pattern
      self.allows = allows
      match = Match(pattern)
    }

    /// Whether the pattern can match anything at all.
    package var isValid: Bool { match != .nothing }

    func matches(_ address: IPAddress) -> Bool {
      switch match {
      case .everything: true
      case .nothing: false
      case .exactly(let wanted): address == wanted
      case .start(let start):
        address.description.hasPrefix(start) || address.expanded.hasPrefix(start)
      }
    }
  }

  private enum Match: Hashable {
    case everything
    /// In lower case.
    case start(String)
    case exactly(IPAddress)
    case nothing

    init(_ pattern: String) {
      var text = pattern.lowercased().filter { !$0.isWhitespace }[...]
      guard text.hasSuffix("*") else {
        self = IPAddress(text).map(Match.exactly) ?? .nothing
        return
      }
      // `192.168.*.*` says the same as `192.168.*`.
      while text.hasSuffix(".*.*") || text.hasSuffix(":*:*") { text = text.dropLast(2) }
      text = text.dropLast()
      if text.isEmpty || text == "*." {
        self = .everything
      } else if text.utf8.allSatisfy(Self.isAddressByte) {
        let mapped = "::ffff:"
        self = .start(
          text.hasPrefix(mapped) && text.contains(".")
            ? String(text.dropFirst(mapped.count)) : String(text)
        )
      } else {
        self = .nothing
      }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
      switch byte {
      case 0x30...0x39, 0x61...0x66: true
      default: byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
      }
    }
  }

  /// In the order of the file.
  package let rows: [Row]

  package init(_ rows: [Row]) { self.rows = rows }

  /// 4D's own default.
  package static let everybody = AddressRules([Row("*", allows: true)])
  /// For when the table cannot be known: nobody gets in who might be meant to stay out.
  package static let ownMachine = AddressRules([
    Row("127.*", allows: true), Row("::1", allows: true),
  ])

  /// Whether a numeric address, as the kernel names a peer, may connect.
  ///
  /// What is no numeric address is refused.
  package func allows(_ address: String) -> Bool {
    guard let address = IPAddress(address) else { return false }
    return rows.first { $0.matches(address) }?.allows ?? false
  }
}
