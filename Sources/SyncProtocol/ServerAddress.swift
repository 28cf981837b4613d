/// Where a server listens: `host[:port]`, an IPv6 host in brackets.
package struct ServerAddress: Hashable, Sendable {
  package let host: String
  package let port: Int

  package init(host: String, port: Int = Route.defaultPort) {
    self.host = host
    self.port = port
  }

  /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`; `nil` for anything else.
  package init?(_ text: String, defaultPort: Int = Route.defaultPort) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      guard let port = rest.isEmpty ? defaultPort : Self.port(rest.dropFirst(), rest.first)
      else { return nil }
      self.port = port
    } else if let colon = text.firstIndex(of: ":") {
      host = String(text[..<colon])
      guard let port = Self.port(text[text.index(after: colon)...], ":") else { return nil }
      self.port = port
    } else {
      host = text
      port = defaultPort
    }
    guard !host.isEmpty, !host.contains(where: { $0 == "/" || $0.isWhitespace }) else { return nil }
  }

  private static func port(_ digits: Substring, _ separator: Character?) -> Int? {
    guard separator == ":", let port = Int(digits), (0...65_535).contains(port) else { return nil }
    return port
  }
}

extension ServerAddress: CustomStringConvertible {
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
