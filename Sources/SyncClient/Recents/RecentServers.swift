package import SyncProtocol

/// The last servers, newest first.
package struct RecentServers: Hashable, Sendable, Codable {
  package static let most = 15
  static let format = 1

  private let version: Int
  package private(set) var recents: [RecentServer]

  package init() {
    version = Self.format
    recents = []
  }

  var isReadable: Bool { version == Self.format }

  /// Takes a connection that succeeded: the server becomes the newest.
  ///
  /// It is known again by its id: after a change of name or address it is still the same entry,
  /// with the label that the user gave it unless there is a new one. A project that has another id
  /// at the address where it was lost its system folder: the entry is taken over.
  ///
  /// - Parameters:
  ///   - label: what the user calls it now; `nil` when nothing is said.
  ///   - suggestion: what a link calls it, for an entry that has no label yet.
  ///   - project: the project's name.
  ///   - serverID: by what the server is known again.
  ///   - address: where it answered.
  ///   - usesTLS: whether over TLS.
  ///   - time: now, UTC, RFC 3339.
  package mutating func record(
    label: String?,
    suggestion: String? = nil,
    project: String,
    serverID: String,
    address: ServerAddress,
    usesTLS: Bool,
    at time: String
  ) {
    let place = address.description
    let index =
      recents.firstIndex { $0.serverID == serverID }
      ?? recents.firstIndex { $0.address == place && $0.project == project }
    let earlier = index.map { recents.remove(at: $0) }
    // A label that only repeated the project's name follows it.
    let kept = earlier.flatMap { $0.label == $0.project ? nil : $0.label }
    recents.insert(
      RecentServer(
        label: label ?? kept ?? suggestion ?? project,
        project: project,
        serverID: serverID,
        address: address,
        usesTLS: usesTLS,
        lastUsed: time
      ),
      at: 0
    )
    if recents.count > Self.most { recents.removeLast(recents.count - Self.most) }
  }

  /// Removes every entry with a label, or an address.
  ///
  /// - Returns: how many there were.
  package mutating func forget(_ name: String) -> Int {
    let count = recents.count
    recents.removeAll { $0.label == name || $0.address == name }
    return count - recents.count
  }
}
