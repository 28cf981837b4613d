import ProjectModel

/// Hosts that can only be this machine.
enum LoopbackHost {
  static func isLoopback(_ host: String) -> Bool {
    host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true
  }

  static func isNumeric(_ host: String) -> Bool { IPAddress(host) != nil }
}
