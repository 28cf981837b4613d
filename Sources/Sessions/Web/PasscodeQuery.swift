/// A web request's target with `$4DSID=<passcode>` in its query (4d-domain §9.5).
package struct PasscodeQuery: Hashable, Sendable {
  /// What a query calls a passcode.
  package static let key = "$4DSID"

  package let passcode: String
  /// The path and query without any passcode: where the browser is sent on to, on this server, so
  /// that the passcode gets into no history and no `Referer`.
  package let remainder: String

  /// Finds the first passcode of a target; `nil` when there is none.
  package init?(target: String) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    var passcode: String?
    var kept: [Substring] = []
    for parameter in parts[1].split(separator: "&", omittingEmptySubsequences: false) {
      let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if Self.unescaped(pair[0]) == Self.key {
        if passcode == nil { passcode = pair.count == 2 ? Self.unescaped(pair[1]) : "" }
      } else {
        kept.append(parameter)
      }
    }
    guard let passcode else { return nil }
    self.passcode = passcode
    // Two slashes at the start, of either kind, would lead to another server.
    let path = "/" + parts[0].drop { $0 == "/" || $0 == "\\" }
    remainder = kept.isEmpty ? path : path + "?" + kept.joined(separator: "&")
  }

  /// Whether a request takes the passcode that it carries: a page that somebody opens does, a look
  /// ahead does not.
  ///
  /// The purposes are the values of `Sec-Purpose`, `Purpose` and `X-Moz`.
  package static func isTaken(method: String, purposes: [String]) -> Bool {
    method == "GET" && !purposes.contains { $0.lowercased().contains("prefetch") }
      && !purposes.contains { $0.lowercased().contains("preview") }
  }

  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
