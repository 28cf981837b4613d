import Foundation
import NIOCore
import NIOPosix
package import SyncProtocol

/// The real network, and the files of the account.
package struct NetworkLookups: ServerLookups {
  private static let patience = Duration.milliseconds(2_500)
  private static let mostBytes = 4 << 20

  private let recentsFile: RecentsFile
  private let trust: ServerTrust

  /// - Parameters:
  ///   - recents: the list of recent servers.
  ///   - trust: how servers off loopback are held to be who they are.
  package init(recents: RecentsFile, trust: ServerTrust) {
    recentsFile = recents
    self.trust = trust
  }

  /// Where a server that was found by its name is now; `nil` when nobody says to be it.
  package func address(of serverID: String, port: Int) async -> ServerAddress? {
    let found = try? await discover(port: port) { $0.serverID == serverID }
    return found?.first { $0.serverID == serverID }?.address
  }

  package func discover(
    port: Int,
    until isWanted: @Sendable (DiscoveredServer) -> Bool
  ) async throws -> [DiscoveredServer] {
    try await DiscoveryClient(port: port, interval: .milliseconds(500))
      .watch(for: Self.patience) { servers in !servers.contains(where: isWanted) }
  }

  package func knowsHost(_ name: String) async -> Bool {
    // The resolver blocks, for seconds when its server is away.
    let address = try? await NIOThreadPool.singleton.runIfActive {
      try SocketAddress.makeAddressResolvingHost(name, port: Route.defaultPort)
    }
    return address != nil
  }

  package func serverID(at address: ServerAddress) async -> String? {
    try? await ServerConnection(.tcp(address), trust: trust).hello().serverID
  }

  package func recents() throws(ClientError) -> [RecentServer] { try recentsFile.read().recents }

  package func contents(of path: String) throws(ClientError) -> [UInt8] {
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      return Array(try file.read(upToCount: Self.mostBytes + 1) ?? Data())
    } catch {
      throw ClientError(.localFile, "\(path) cannot be read: \(error.localizedDescription)")
    }
  }
}
