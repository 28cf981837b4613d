package import ProjectModel
package import SyncProtocol

/// The server that a user meant.
package struct ServerTarget: Hashable, Sendable {
  package enum Source: Hashable, Sendable {
    case address
    case link(DatabaseLink)
    case discovered(DiscoveredServer)
    case recent(RecentServer)
  }

  package let address: ServerAddress
  package let source: Source
  /// Where it was known, when it is found at another address now.
  package let formerly: ServerAddress?
  /// The port on which to look for it again when it is gone; `nil` for a server that was named by
  /// its address, and is nowhere else.
  package let discoveryPort: Int?

  package init(
    _ address: ServerAddress,
    from source: Source,
    formerly: ServerAddress? = nil,
    discoveryPort: Int? = nil
  ) {
    self.address = address
    self.source = source
    self.formerly = formerly
    self.discoveryPort = discoveryPort
  }

  /// The `.4DLink` that led to it.
  package var link: DatabaseLink? { if case .link(let link) = source { link } else { nil } }

  /// Whether it said, or was seen, to speak TLS also where that is not the rule.
  package var usesTLS: Bool {
    switch source {
    case .address, .link: false
    case .discovered(let server): server.usesTLS
    case .recent(let recent): recent.usesTLS
    }
  }

  /// What it is called, where that is known before it is asked.
  package var name: String? {
    switch source {
    case .address: nil
    case .link(let link): link[.serverDatabaseName]
    case .discovered(let server): server.publicationName
    case .recent(let recent): recent.label
    }
  }
}
