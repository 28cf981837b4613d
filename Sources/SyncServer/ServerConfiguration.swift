import Glibc
package import SyncProtocol

/// Where a server listens and whom it lets in.
package struct ServerConfiguration: Sendable {
  /// A numeric address; port 0 takes any free one.
  ///
  /// Off loopback it speaks TLS and nothing else.
  package var address: ServerAddress
  /// The same-machine socket, in a folder that exists and is private; `nil` for none.
  package var socketPath: String?
  /// Names beside the server's own that a `Host` header may carry, each with or without a port.
  package var allowedHosts: [String] = []
  /// Origins (`https://HOST[:PORT]`) whose pages may ask this server; every other page is refused.
  package var allowedOrigins: [String] = []
  /// What an address off loopback needs.
  package var certificates: CertificateSource?
  /// TLS, with everything that belongs to it, on a loopback address too: one that a tunnel leads to.
  package var alwaysSpeaksTLS = false
  /// How often the certificate's files are looked at.
  package var certificateInterval: Duration = .seconds(5)
  /// Whether an address off loopback is opened while the Designer has no password.
  package var allowsAnonymous = false
  /// Which addresses TCP clients may come from, asked with a numeric address for each connection.
  package var admitsAddress: @Sendable (String) -> Bool = { _ in true }
  package var limits = ConnectionLimits()
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
  /// The address for browsers; `nil` for none.
  package var web: WebConfiguration?
  /// Whether the project is for one user on this machine alone.
  package var isStandalone = false
  /// The merged application whose server this is: its own clients alone get in.
  package var application: ServedApplication?
  /// How the server is found on the network; `nil` when it is not published.
  package var publication: Publication?

  /// Whether an address off loopback does without a password: clients that are paired have shown a
  /// secret of their own.
  var letsAnybodyIn: Bool { allowsAnonymous || application != nil }

  package init(address: ServerAddress, socketPath: String? = nil, version: String) {
    self.address = address
    self.socketPath = socketPath
    self.version = version
  }
}
