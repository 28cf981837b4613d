package import SyncProtocol

/// A server that answered a discovery query; who it really is, `hello` tells.
package struct DiscoveredServer: Hashable, Sendable {
  package let publicationName: String
  package let project: String
  package let serverID: String
  /// Where its answer came from, with the TCP port that it names.
  package let address: ServerAddress
  package let usesTLS: Bool
  package let api: Hello.APIRange
  package let generation: GenerationID?

  package init(_ answer: DiscoveryAnswer, from host: String) {
    publicationName = answer.publicationName
    project = answer.project
    serverID = answer.serverID
    address = ServerAddress(host: host, port: answer.port)
    usesTLS = answer.usesTLS
    api = answer.api
    generation = answer.generation
  }

  /// The name as lists show it: `^` stands before those of TLS servers.
  package var shownName: String { (usesTLS ? "^" : "") + publicationName }

  /// Whether a person means this server by a name, as shown or without the mark.
  package func isCalled(_ name: String) -> Bool {
    [publicationName, shownName, project].contains(name)
  }
}
