import SyncProtocol

/// The servers that answer, in the order in which they first did.
package struct DiscoveredServers: Hashable, Sendable {
  private struct Entry: Hashable {
    var server: DiscoveredServer
    var lastRound: Int
  }

  /// Who does not answer for so many rounds is gone.
  package static let mostSilentRounds = 3
  /// A network has fewer; more is somebody making them up.
  private static let most = 1_000

  private var entries: [Entry] = []
  private var round = 0

  package init() {}

  package var servers: [DiscoveredServer] { entries.map(\.server) }

  /// Takes an answer; a server that answers on several ways stays at the first of them.
  package mutating func take(_ server: DiscoveredServer) {
    let index = entries.firstIndex {
      $0.server.serverID == server.serverID && $0.server.address.port == server.address.port
    }
    guard let index else {
      if entries.count < Self.most { entries.append(Entry(server: server, lastRound: round)) }
      return
    }
    let isSameWay = entries[index].server.address == server.address
    guard isSameWay || entries[index].lastRound < round - 1 else { return }
    entries[index] = Entry(server: server, lastRound: round)
  }

  /// Ends a round of questions, and forgets who was silent for three.
  package mutating func endRound() {
    round += 1
    entries.removeAll { round - $0.lastRound > Self.mostSilentRounds }
  }
}
