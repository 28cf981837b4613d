import NIOCore
import NIOPosix
import ProjectModel

/// Where queries go: to every network that this machine is in, and to itself.
enum BroadcastAddresses {
  static let own = "127.255.255.255"

  /// The addresses now; interfaces come and go.
  static func all() -> [String] {
    let devices = (try? System.enumerateDevices()) ?? []
    var addresses = [own]
    for device in devices {
      guard let address = device.address?.ipAddress.flatMap({ IPAddress($0) }), address.isIPv4,
        let mask = device.netmask?.ipAddress.flatMap({ IPAddress($0) }), mask.isIPv4,
        // A point-to-point network has nobody to broadcast to.
        !address.isLoopback, mask.bytes[3] < 0xFE
      else { continue }
      let text = zip(address.bytes, mask.bytes).map { "\($0 | ~$1)" }.joined(separator: ".")
      if !addresses.contains(text) { addresses.append(text) }
    }
    return addresses
  }
}
