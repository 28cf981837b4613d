package import SyncProtocol

/// A server that was connected to.
package struct RecentServer: Hashable, Sendable, Codable {
  /// The local project name: what the user calls it.
  package var label: String
  package var project: String
  /// The same for as long as the server's system folder lives.
  package var serverID: String
  /// `host:port`, where it was last.
  package var address: String
  package var usesTLS: Bool
  /// UTC, RFC 3339.
  package var lastUsed: String

  package init(
    label: String,
    project: String,
    serverID: String,
    address: ServerAddress,
    usesTLS: Bool,
    lastUsed: String
  ) {
    self.label = label
    self.project = project
    self.serverID = serverID
    self.address = address.description
    self.usesTLS = usesTLS
    self.lastUsed = lastUsed
  }
}
