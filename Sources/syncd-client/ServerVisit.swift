import Deployment
import ProjectModel
import SyncClient
import SyncProtocol

/// A server that has let this client in.
struct ServerVisit: Sendable {
  let target: ServerTarget
  /// What sessions are opened on.
  let connection: ServerConnection
  let hello: Hello
  let updates: any UpdateSource
  /// Where the server is, when it is gone from its place.
  let whereabouts: @Sendable () async -> ServerAddress?
}

/// How a client shows that it belongs to the server, and the server that it belongs to the client.
enum ServerPairing {
  /// Pairs on a connection.
  ///
  /// - Returns: the connection that sessions are to be opened on, and the source of updates.
  /// - Throws: `ClientError`, with code `refused` for a server of another application.
  static func pair(
    _ connection: ServerConnection,
    as application: ClientApplication
  ) async throws -> (connection: ServerConnection, updates: any UpdateSource) {
    let pairing = ClientPairing(
      application: application.name,
      hardLink: application.hardLink,
      version: application.version,
      platform: application.platform
    )
    let server = try await PairedServer(connection, as: pairing)
    var paired = connection
    paired.pairing = pairing
    return (paired, ServerUpdates(server: server))
  }
}

/// The updates that the client's own server holds.
struct ServerUpdates: UpdateSource {
  let server: PairedServer

  func versions() async throws -> ClientVersions? { server.versions }
  func offer() async throws -> UpdateOffer? { server.update }

  func fetch(
    _ offer: UpdateOffer,
    to path: String,
    progress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) async throws {
    try await server.fetch(offer, to: path, progress: progress)
  }
}
