import NIOCore
import NIOPosix
import ProjectModel

/// Where a server must listen for queries, so that broadcasts reach it as far as its TCP port does.
struct DiscoveryAddresses: Hashable {
  /// The TCP listener's own address: answers come from it.
  let own: String
  /// The broadcast addresses of its network; a socket on the wildcard hears them all by itself.
  let broadcast: [String]

  init?(listeningOn host: String, hears4D: Bool, devices: [NIONetworkDevice]) {
    let host = host == "localhost" ? "127.0.0.1" : host
    guard let address = IPAddress(host) else { return nil }
    own = host
    if !address.isIPv4 || address.isWildcard {
      broadcast = []
    } else if address.isLoopback {
      broadcast = ["127.255.255.255"]
    } else {
      let network = devices.lazy.compactMap { device -> String? in
        guard device.address?.ipAddress == address.description, let mask = device.netmask?.ipAddress
        else { return nil }
        return Self.broadcast(of: address, mask: mask)
      }.first
      // 4D sends to every network at once.
      broadcast = [network].compactMap(\.self) + (hears4D ? ["255.255.255.255"] : [])
    }
  }

  private static func broadcast(of address: IPAddress, mask: String) -> String? {
    guard let mask = IPAddress(mask), mask.bytes.count == address.bytes.count else { return nil }
    return zip(address.bytes, mask.bytes).map { "\($0 | ~$1)" }.joined(separator: ".")
  }
}
