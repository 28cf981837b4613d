import Glibc
package import SyncProtocol

/// Where a server listens and whom it lets in.
package struct ServerConfiguration: Sendable {
  /// A loopback address; port 0 takes any free one.
  package var address: ServerAddress
  /// The same-machine socket, in a folder that exists and is private; `nil` for none.
  package var socketPath: String?
  /// Names beside the loopback ones that a `Host` header may carry, each with or without a port.
  package var allowedHosts: [String] = []
  /// The time between two bookmarks on an event stream.
  package var heartbeat: Duration = .seconds(15)
  /// An event stream that takes nothing for so long is cut.
  package var blockedLimit: Duration = .seconds(30)
  /// What is under way at a shutdown has so long to end.
  package var drainLimit: Duration = .seconds(10)
  /// What `hello` and `status` say.
  package var version: String
  /// The account whose processes are same-machine clients.
  package var ownUser: UInt32 = geteuid()
  /// The group whose members may reload and save-all on the socket; `nil` for none.
  package var socketGroup: UInt32?
  /// How long a session lives after its last request and the end of its event stream.
  package var sessionGrace: Duration = .seconds(ClientSession.graceSeconds)

  /// How the server is found on the network; `nil` when it is not published.
  package var publication: Publication?

  package init(address: ServerAddress, socketPath: String? = nil, version: String) {
    self.address = address
    self.socketPath = socketPath
    self.version = version
  }
}
