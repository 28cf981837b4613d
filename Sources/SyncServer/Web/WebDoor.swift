import NIOCore
import NIOPosix
import ProjectModel

/// What all connections of a web listener share.
struct WebDoor: Sendable {
  let site: WebSite
  let folder: WebFolder
  let limits: ConnectionLimits
  let counters: ServerCounters
  /// Whether the peer's address may speak for browsers.
  private let proxies: Set<IPAddress>

  init(
    site: WebSite,
    folder: WebFolder,
    limits: ConnectionLimits,
    counters: ServerCounters,
    proxies: [String]
  ) {
    self.site = site
    self.folder = folder
    self.limits = limits
    self.counters = counters
    self.proxies = Set(proxies.compactMap { IPAddress($0) })
  }

  func trusts(_ peer: String) -> Bool {
    guard let address = IPAddress(peer) else { return false }
    return address.isLoopback || proxies.contains(address)
  }
}
