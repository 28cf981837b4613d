import NIOCore
import NIOPosix
import ProjectModel

/// What all connections of a web listener share.
struct WebDoor: Sendable {
  let site: WebSite
  let folder: WebFolder
  let streams: WebStreams
  let limits: ConnectionLimits
  let counters: ServerCounters
  private let proxies: Set<IPAddress>

  init(
    site: WebSite,
    folder: WebFolder,
    streams: WebStreams,
    limits: ConnectionLimits,
    counters: ServerCounters,
    proxies: [String]
  ) {
    self.site = site
    self.folder = folder
    self.streams = streams
    self.limits = limits
    self.counters = counters
    self.proxies = Set(proxies.compactMap { IPAddress($0) })
  }

  /// Whether a connection's other end may speak for browsers.
  func trusts(_ peer: String) -> Bool {
    guard let address = IPAddress(peer) else { return false }
    return address.isLoopback || proxies.contains(address)
  }
}
