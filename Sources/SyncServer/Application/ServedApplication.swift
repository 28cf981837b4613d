package import ProjectModel
package import SyncProtocol

/// The merged application that a server belongs to (4d-domain §8).
package struct ServedApplication: Sendable {
  /// A client program that the server holds for its clients.
  package struct Update: Sendable {
    package let offer: UpdateOffer
    /// The archive, whose bytes are those that the offer names.
    package let path: String

    package init(_ offer: UpdateOffer, path: String) {
      self.offer = offer
      self.path = path
    }
  }

  package let name: String
  /// The secret that it shares with its clients.
  package let hardLink: String
  package let versions: ClientVersions
  /// One for each platform.
  package let updates: [Update]

  package init(name: String, hardLink: String, versions: ClientVersions, updates: [Update]) {
    self.name = name
    self.hardLink = hardLink
    self.versions = versions
    self.updates = updates
  }
}
