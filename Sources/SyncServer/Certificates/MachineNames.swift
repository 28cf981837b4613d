import Glibc
import NIOCore
import NIOPosix

/// What this machine is called and which addresses it has: what a generated certificate is for.
struct MachineNames: Hashable, Sendable {
  var names: [String]
  var addresses: [String]

  /// The names and addresses of now, and those that the configuration adds.
  init(adding extra: [String] = []) {
    var hosts = ["localhost"] + extra
    var name = [CChar](repeating: 0, count: 256)
    if gethostname(&name, name.count - 1) == 0 {
      hosts.append(
        String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      )
    }
    let devices = (try? System.enumerateDevices()) ?? []
    hosts += devices.compactMap { $0.address?.ipAddress }
    self.init(hosts)
  }

  /// Sorts hosts into names and numeric addresses; what is neither is left out.
  init(_ hosts: [String]) {
    var (names, addresses): (Set<String>, Set<String>) = ([], [])
    for host in hosts.map({ $0.lowercased() }) {
      // The scope of a link-local address means something on this machine alone.
      let bare = String(host.prefix { $0 != "%" })
      if let address = try? SocketAddress(ipAddress: bare, port: 0).ipAddress {
        if !["0.0.0.0", "::"].contains(address) { addresses.insert(address) }
      } else if !host.isEmpty, host.utf8.allSatisfy(Self.isNameByte) {
        names.insert(host)
      }
    }
    self.names = names.sorted()
    self.addresses = addresses.sorted()
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7A: true
    default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
  }
}
