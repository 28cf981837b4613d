package import SyncProtocol

/// What a merged application's client is to its server: the two hold the same secret.
package struct ClientPairing: Sendable {
  package let application: String
  /// The application's HardLink (4d-domain §8).
  package let hardLink: String
  /// The client's own version.
  package let version: Int
  /// Operating system and processor, such as `linux-x86_64`.
  package let platform: String
  /// Told at each session's opening what client the server holds by then.
  package var offered: @Sendable (UpdateOffer?) -> Void = { _ in }

  package init(application: String, hardLink: String, version: Int, platform: String) {
    self.application = application
    self.hardLink = hardLink
    self.version = version
    self.platform = platform
  }
}
