/// `application.json` of a merged server: what makes it the server of its clients.
///
/// The secret is in it: only the server's account may read the file.
package struct ServerApplication: Hashable, Sendable, Codable {
  package let name: String
  package let publishName: String
  package let hardLink: String
  package let versions: ClientVersions
  package let port: Int
  /// `ServerStructureFolderName`: the name of the server's folder for what it keeps.
  package let serverFolder: String?
  /// The folder with the clients' update, beside this file; `nil` when there is none.
  package let updates: String?

  package init(_ keys: ApplicationKeys) {
    name = keys.name
    publishName = keys.publishName
    hardLink = keys.hardLink
    versions = keys.versions
    port = keys.port
    serverFolder = keys.serverFolder
    updates = keys.isUpgradeable ? "Upgrade4DClient" : nil
  }
}

/// `application.json` of a merged client.
package struct ClientApplication: Hashable, Sendable, Codable {
  package let name: String
  package let publishName: String
  /// The project's name: the client keeps `<project>.4dz`.
  package let project: String
  package let hardLink: String
  /// Its own version, `CurrentVers`.
  package let version: Int
  /// Operating system and processor, such as `linux-x86_64`.
  package let platform: String
  package let allowsSelection: Bool
  /// The port on which servers are looked for.
  package let port: Int
  /// The name of its data folder.
  package let dataFolder: String

  package init(_ keys: ApplicationKeys, platform: String) {
    name = keys.name
    publishName = keys.publishName
    project = keys.project
    hardLink = keys.hardLink
    version = keys.versions.current
    self.platform = platform
    allowsSelection = keys.allowsSelection
    port = keys.port
    dataFolder = keys.clientFolder ?? keys.name
  }
}
