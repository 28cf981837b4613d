import Glibc
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
    // A key that is seen while looking for servers is not taken for known.
    var trust = trust
    trust.holdPins()
    return try? await ServerConnection(.tcp(address), trust: trust).hello().serverID
  }

  package func recents() throws(ClientError) -> [RecentServer] { try recentsFile.read().recents }

  package func contents(of path: String) throws(ClientError) -> [UInt8] {
    // A pipe without a writer would be waited for.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= Self.mostBytes {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.unreadable(path) }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }

  private static func unreadable(_ path: String) -> ClientError {
    ClientError(.localFile, "\(path) cannot be read (\(String(cString: strerror(errno)))).")
  }
}
