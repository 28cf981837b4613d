import ProjectModel

/// `host[:port]` as the `Host` field and origins carry it; an IPv6 address is in brackets.
struct Authority: Hashable, CustomStringConvertible {
  /// In lower case, brackets included.
  let host: String
  let port: Int?

  /// Reads an authority; `nil` for anything else.
  init?(_ text: some StringProtocol) {
    let text = text.lowercased()
    let host: Substring
    let rest: Substring
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { return nil }
      host = text[...bracket]
      rest = text[text.index(after: bracket)...]
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
    }
    guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte) else { return nil }
    if rest.isEmpty {
      port = nil
    } else {
      guard rest.hasPrefix(":"), rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(rest.dropFirst()), (1...65_535).contains(number)
      else { return nil }
      port = number
    }
    self.host = String(host)
  }

  /// As the `Host` field has it.
  var description: String { port.map { "\(host):\($0)" } ?? host }

  /// The same host at any port.
  var portless: Authority { Authority(host: host, port: nil) }

  /// The host without the brackets of an IPv6 address.
  var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

  private init(host: String, port: Int?) {
    self.host = host
    self.port = port
  }

  /// Whether the name can only mean this machine, whatever a name server says.
  var isLoopback: Bool { host == "localhost" || Self.isLoopback(address: host) }

  /// Whether a numeric address, IPv6 with or without brackets, is a loopback one.
  static func isLoopback(address: String) -> Bool {
    IPAddress(address)?.isLoopback == true
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7A: true
    default: "-._[]:%".utf8.contains(byte)
    }
  }
}
