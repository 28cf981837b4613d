package import SyncProtocol

/// The second address of a server: the project's web folder, for browsers and for proxies that ask
/// on their behalf.
package struct WebConfiguration: Sendable {
  /// A numeric address; port 0 takes any free one.
  ///
  /// Off loopback it speaks TLS and nothing else.
  package var address: ServerAddress
  /// The folder whose files are served; it may be missing, then there are none.
  package var folder: String
  /// What it may not show, at the start or whatever it is replaced by.
  package var bounds = WebBounds()
  /// What stands in the cookie's name, `4DSID_<name>`: the project's name where nothing else is
  /// needed.
  package var name: String
  /// The rules that say which path needs which privilege; `nil` opens the whole folder.
  package var rules: String?
  /// Addresses of proxies whose `X-Forwarded-…` fields count, besides the loopback ones.
  package var proxies: [String] = []
  /// How often the rule file is looked at.
  package var rulesInterval: Duration = .seconds(2)
  /// Pages that are told of their session's changes at a time.
  package var streams = 4_096
  /// Those of one session.
  package var streamsOfASession = 16

  package init(address: ServerAddress, folder: String, name: String) {
    self.address = address
    self.folder = folder
    self.name = name
  }
}
