/// A request's target whose query carries a one-time passcode, `$4DSID=…` (4d-domain §9.5).
struct PasscodeTarget: Hashable, Sendable {
  static let parameter = "$4DSID"

  /// Where there are several, the first.
  let passcode: String
  /// The same path and query without it, always on this server.
  let rest: String

  /// Reads path and query; `nil` without a passcode.
  init?(_ resource: some StringProtocol) {
    guard let mark = resource.firstIndex(of: "?") else { return nil }
    var passcode: String?
    var others: [Substring] = []
    for pair in resource[resource.index(after: mark)...].split(
      separator: "&",
      omittingEmptySubsequences: false
    ) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if PercentCode.decode(parts[0]) == Self.parameter {
        // A second one must not stand in the address that stays.
        passcode = passcode ?? (parts.count == 2 ? PercentCode.decode(parts[1]) ?? "" : "")
      } else {
        others.append(Substring(pair))
      }
    }
    guard let passcode else { return nil }
    self.passcode = passcode
    rest =
      Self.local(resource[..<mark])
      + (others.isEmpty ? "" : "?" + Self.visible(others.joined(separator: "&")))
  }

  /// A path that browsers take for one of this server: two slashes would begin another's name.
  static func local(_ path: some StringProtocol) -> String {
    visible("/" + path.drop { $0 == "/" || $0 == "\\" })
  }

  static func visible(_ text: some StringProtocol) -> String {
    PercentCode.encode(text) { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
  }
}
