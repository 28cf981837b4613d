import NIOCore
import NIOSSL
package import SyncProtocol

/// How a client decides whether a server is the one that it means.
///
/// A chain that the authorities vouch for, for the host's name, is accepted. Otherwise the key is
/// pinned the first time, and every later connection must show the same one.
package struct ServerTrust: Sendable {
  /// Where pins are kept; without one only the authorities count.
  package var knownServers: KnownServers?
  /// TLS on loopback too, as behind a tunnel; elsewhere it is always spoken.
  package var isForced = false
  /// A PEM file of the authorities that count in place of the system's.
  package var authorities: String?
  /// The fingerprint of a key that may take the place of a pinned one.
  package var acceptedKey: String?
  /// Told when a key is pinned: the server and the fingerprint.
  package var pinned: @Sendable (ServerAddress, String) -> Void = { _, _ in }

  /// Keys that wait to be pinned; `nil` where they are pinned at once.
  private(set) var heldPins: HeldPins?

  /// Where the server was known before it was found at another address.
  private(set) var formerly: ServerAddress?

  package init(knownServers: KnownServers? = nil) { self.knownServers = knownServers }

  /// The trust in a server that is said to have moved: whoever is at the new address shows the key of
  /// the old one, or an authority vouches for him; nothing is pinned there on first use.
  ///
  /// - Throws: `ClientError` with code `localFile` when the pins cannot be read.
  package func following(from old: ServerAddress) throws(ClientError) -> ServerTrust {
    var trust = self
    trust.formerly = old
    // It has shown before who it is.
    trust.heldPins = nil
    // The user has named a key: that one it is.
    guard acceptedKey == nil else { return trust }
    trust.acceptedKey = try knownServers?.fingerprint(of: old)
    if trust.acceptedKey == nil { trust.knownServers = nil }
    return trust
  }

  /// Takes new keys for this trust's connections alone, until `pinHeld` says that they are right.
  package mutating func holdPins() { heldPins = HeldPins() }

  /// Pins the keys that were held.
  ///
  /// - Throws: `ClientError` with code `localFile` when the pins cannot be written.
  package func pinHeld() throws(ClientError) {
    for (address, fingerprint) in heldPins?.all ?? [:] {
      let verdict = try knownServers?.judge(fingerprint, of: address, accepting: acceptedKey)
      guard case .pinned? = verdict else { continue }
      pinned(address, fingerprint)
    }
  }

  /// Whether a connection to an address speaks TLS.
  func speaksTLS(to address: ServerAddress) -> Bool {
    isForced || !LoopbackHost.isLoopback(address.host)
  }

  /// The client's side of TLS 1.2 and later.
  ///
  /// - Parameter checksName: whether the certificate has to be one of the host's name.
  /// - Returns: what handshakes are made with.
  /// - Throws: `ClientError` with code `localFile` when the authorities cannot be read.
  func context(checksName: Bool) throws(ClientError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if !checksName { configuration.certificateVerification = .noHostnameVerification }
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    configuration.shutdownTimeout = .seconds(1)
    if let authorities { configuration.trustRoots = .file(authorities) }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw ClientError(
        .localFile,
        "The authorities for TLS cannot be read\(authorities.map { " from \($0)" } ?? ""): "
          + "install ca-certificates, or name a file of theirs."
      )
    }
  }
}
