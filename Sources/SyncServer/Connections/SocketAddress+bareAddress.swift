import NIOCore

extension SocketAddress {
  /// The numeric address, an IPv4 one also where a socket of IPv6 has it as `::ffff:…`, without the
  /// scope of a link-local one; `nil` for a unix socket.
  var bareAddress: String? {
    guard let text = ipAddress else { return nil }
    let mapped = "::ffff:"
    let bare = text.prefix { $0 != "%" }
    if bare.hasPrefix(mapped), bare.contains(".") { return String(bare.dropFirst(mapped.count)) }
    return String(bare)
  }
}
