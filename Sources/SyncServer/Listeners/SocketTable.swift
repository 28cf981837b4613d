import NIOCore

/// The kernel's table of TCP sockets: whose account the other end of a local connection is.
struct SocketTable {
  private static let established = "01"
  private static let mappedPrefix = "0000000000000000FFFF0000"

  private let tables: [String]

  /// Takes the tables' text, `/proc/net/tcp` and `/proc/net/tcp6`.
  init(tables: [String]) { self.tables = tables }

  /// Reads the tables of this network namespace.
  static func current() -> SocketTable {
    SocketTable(tables: ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { KernelFile.text($0) })
  }

  /// The owner of the socket at `peer` that is connected to `local`.
  ///
  /// - Returns: `nil` when there is no such socket here: it is on another machine, or gone.
  func owner(of peer: SocketAddress, connectedTo local: SocketAddress) -> UInt32? {
    let wanted = zip(Self.names(of: peer), Self.names(of: local)).map {
      [Substring($0), Substring($1)]
    }
    guard !wanted.isEmpty else { return nil }
    for table in tables {
      for line in table.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ", maxSplits: 8)
        guard fields.count > 7, fields[3] == Self.established,
          wanted.contains([fields[1], fields[2]])
        else { continue }
        return UInt32(fields[7])
      }
    }
    return nil
  }

  /// How the tables write an address: each 32-bit word in the machine's order, and an IPv4 address
  /// a second way, as a socket of IPv6 holds it.
  private static func names(of address: SocketAddress) -> [String] {
    guard let port = address.port else { return [] }
    let end = ":" + hex(UInt64(port), digits: 4)
    switch address {
    case .v4(let four):
      // `sockaddr_in`: the address behind family and port.
      let word = words(of: four.address, from: 4, count: 1)
      return [word + end, mappedPrefix + word + end]
    case .v6(let six):
      // `sockaddr_in6`: the address behind family, port and flow.
      let name = words(of: six.address, from: 8, count: 4)
      let bare = name.hasPrefix(mappedPrefix) ? [String(name.suffix(8)) + end] : []
      return [name + end] + bare
    case .unixDomainSocket: return []
    }
  }

  private static func words<Address>(of address: Address, from: Int, count: Int) -> String {
    withUnsafeBytes(of: address) { bytes in
      (0..<count).map { index in
        let word = bytes.loadUnaligned(fromByteOffset: from + index * 4, as: UInt32.self)
        return hex(UInt64(word), digits: 8)
      }.joined()
    }
  }

  private static func hex(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
