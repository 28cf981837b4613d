/// A numeric IPv4 or IPv6 address; an IPv4 address inside an IPv6 one is taken for what it is.
package struct IPAddress: Hashable, Sendable {
  /// Four or sixteen.
  package let bytes: [UInt8]

  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// Reads an address without port; brackets and the zone of an IPv6 address are left aside.
  package init?(_ text: some StringProtocol) {
    var text = Substring(text)
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    guard text.contains(":") else {
      guard let four = Self.four(text) else { return nil }
      bytes = four
      return
    }
    let bare = text.prefix { $0 != "%" }
    guard let six = Self.six(bare) else { return nil }
    bytes = six.starts(with: Self.mappedPrefix) ? Array(six.suffix(4)) : six
  }

  package var isIPv4: Bool { bytes.count == 4 }

  package var isLoopback: Bool {
    isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// Whether it stands for every address of the machine.
  package var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

  private static func four(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // A leading zero would be octal to some readers and not to others.
      guard (1...3).contains(part.utf8.count), part == "0" || !part.hasPrefix("0"),
        part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func six(_ text: Substring) -> [UInt8]? {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = groups(halves[0], mayEndInFour: halves.count == 1) else {
      return nil
    }
    guard halves.count == 2 else { return head.count == 16 ? head : nil }
    guard let tail = groups(halves[1], mayEndInFour: true), head.count + tail.count <= 14 else {
      return nil
    }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func groups(_ text: Substring, mayEndInFour: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if mayEndInFour, index == parts.count - 1, part.contains(".") {
        guard let four = four(part) else { return nil }
        bytes += four
      } else {
        guard (1...4).contains(part.utf8.count),
          part.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
          let group = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
      }
    }
    return bytes
  }
}

extension IPAddress: CustomStringConvertible {
  /// The canonical form (RFC 5952).
  package var description: String {
    guard !isIPv4 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = groups
    var longest = 0..<0
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > max(1, longest.count) { longest = start..<end }
      start = max(end, start + 1)
    }
    guard !longest.isEmpty else { return written(groups[...]) }
    return written(groups[..<longest.lowerBound]) + "::" + written(groups[longest.upperBound...])
  }

  /// Every group of an IPv6 address, zeros too; an IPv4 address as always.
  var expanded: String { isIPv4 ? description : written(groups[...]) }

  private var groups: [UInt16] {
    stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
  }

  private func written(_ groups: ArraySlice<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }
}
