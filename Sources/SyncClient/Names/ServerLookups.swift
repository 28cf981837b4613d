package import SyncProtocol

/// What resolving a name may have to ask: the seam at which a test puts its own network.
package protocol ServerLookups: Sendable {
  /// The servers that answer on a port within a short time, or until one is the wanted.
  func discover(
    port: Int,
    until isWanted: @Sendable (DiscoveredServer) -> Bool
  ) async throws -> [DiscoveredServer]
  /// Whether the system's resolver knows a host.
  func knowsHost(_ name: String) async -> Bool
  /// Who answers there; `nil` when nobody does.
  func serverID(at address: ServerAddress) async -> String?
  /// The recent servers, newest first.
  func recents() throws(ClientError) -> [RecentServer]
  /// A file's content.
  func contents(of path: String) throws(ClientError) -> [UInt8]
}
