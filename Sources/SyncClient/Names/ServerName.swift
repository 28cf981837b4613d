package import ProjectModel
package import SyncProtocol

/// What a user writes for a server: an address, a `.4DLink` file, a recent server's label, or the
/// name under which a server is published.
package struct ServerName: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// Whether it names a link file.
  package var isLink: Bool { text.lowercased().hasSuffix(".4dlink") }

  /// Finds the server.
  ///
  /// What can only be an address is one; then come the recent servers' labels, the published names
  /// and at last the hosts that the resolver knows, which for a name with a dot are asked first.
  ///
  /// - Throws: `ClientError`: `noServer` when nothing has the name, `refused` when it is not clear
  ///   which server is meant, `localFile` for a link that cannot be read.
  package func resolve(with lookups: some ServerLookups) async throws -> ServerTarget {
    if isLink { return try await target(of: try link(with: lookups), lookups) }
    if let address = literalAddress { return ServerTarget(address, from: .address) }
    // A broken list of recent servers is told when it is written; the name may mean something else.
    let recents = ((try? lookups.recents()) ?? []).filter { $0.label == text }
    if !recents.isEmpty { return try await target(of: recents, lookups) }
    let host = ServerAddress(text).map { ServerTarget($0, from: .address) }
    if let host, text.contains("."), await lookups.knowsHost(text) { return host }
    let found = try await lookups.discover(port: Route.defaultPort) { $0.isCalled(text) }
    if let target = try discovered(text, in: found, on: Route.defaultPort) { return target }
    if let host, !text.contains("."), await lookups.knowsHost(text) { return host }
    throw notFound(text, port: Route.defaultPort, among: found)
  }

  /// Reads the link file that the name is.
  ///
  /// - Throws: `ClientError` with code `localFile`.
  package func link(with lookups: some ServerLookups) throws(ClientError) -> DatabaseLink {
    let bytes = try lookups.contents(of: text)
    do throws(DatabaseLink.Failure) { return try DatabaseLink(reading: bytes) } catch {
      let line = error.line.map { ":\($0)" } ?? ""
      throw ClientError(.localFile, "\(text)\(line) is not a usable link: \(error.text).")
    }
  }

  /// An address that no name can be mistaken for.
  private var literalAddress: ServerAddress? {
    guard !text.contains("/"), let address = ServerAddress(text) else {
      // An IPv6 address without brackets has no port.
      return IPAddress(text).map { ServerAddress(host: $0.description) }
    }
    let isPlain = text.contains(":") || address.host == "localhost" || IPAddress(text) != nil
    return isPlain && address.port > 0 ? address : nil
  }

  private func target(
    of link: DatabaseLink,
    _ lookups: some ServerLookups
  ) async throws -> ServerTarget {
    let destination: DatabaseLink.Destination
    do throws(DatabaseLink.Failure) { destination = try link.destination() } catch {
      throw ClientError(.localFile, "\(text) leads to no server: \(error.text).")
    }
    switch destination {
    case .local:
      throw ClientError(.localFile, "\(text) is the link of a local project, not of a server.")
    case .address(let path, _):
      return ServerTarget(try address(path), from: .link(link))
    case .named(let name, let port):
      let port = port ?? Route.defaultPort
      let found = try await lookups.discover(port: port) { $0.isCalled(name) }
      guard let target = try discovered(name, in: found, on: port) else {
        throw notFound(name, port: port, among: found)
      }
      return ServerTarget(target.address, from: .link(link), discoveryPort: port)
    }
  }

  /// The address that a link has.
  ///
  /// - Throws: `ClientError` with code `localFile` for what is none.
  package func address(_ path: String) throws(ClientError) -> ServerAddress {
    let address = ServerAddress(path) ?? IPAddress(path).map { .init(host: $0.description) }
    guard let address, address.port > 0 else {
      throw ClientError(.localFile, "\(text) has the address '\(path)', which is none.")
    }
    return address
  }

  /// A recent server is where it was, or where it says now that it is.
  private func target(
    of recents: [RecentServer],
    _ lookups: some ServerLookups
  ) async throws -> ServerTarget {
    guard let recent = recents.first, recents.count == 1 else {
      let places = recents.map(\.address).joined(separator: ", ")
      throw ClientError(
        .refused,
        "Several recent servers are called '\(text)' (\(places)): use the address."
      )
    }
    guard let address = ServerAddress(recent.address) else {
      throw ClientError(.localFile, "The recent server '\(text)' has no usable address: forget it.")
    }
    let answering = await lookups.serverID(at: address)
    let port = address.port
    if answering == recent.serverID {
      return ServerTarget(address, from: .recent(recent), discoveryPort: port)
    }
    let found = try await lookups.discover(port: port) { $0.serverID == recent.serverID }
    if let moved = found.first(where: { $0.serverID == recent.serverID }) {
      return ServerTarget(
        moved.address,
        from: .recent(recent),
        formerly: address,
        discoveryPort: port
      )
    }
    guard answering == nil else {
      throw ClientError(
        .refused,
        "At \(address) another server answers than the one that '\(text)' stands for: "
          + "if that is meant, connect to \(address) by its address."
      )
    }
    return ServerTarget(address, from: .recent(recent), discoveryPort: port)
  }

  private func discovered(
    _ name: String,
    in servers: [DiscoveredServer],
    on port: Int
  ) throws(ClientError) -> ServerTarget? {
    // The published name is what people see; the project's is only a help.
    let published = servers.filter { [$0.publicationName, $0.shownName].contains(name) }
    let fitting = published.isEmpty ? servers.filter { $0.isCalled(name) } : published
    guard let server = fitting.first else { return nil }
    guard fitting.count == 1 else {
      let places = fitting.map(\.address.description).joined(separator: ", ")
      throw ClientError(
        .refused,
        "Several servers are called '\(name)' (\(places)): use the address."
      )
    }
    return ServerTarget(server.address, from: .discovered(server), discoveryPort: port)
  }

  private func notFound(_ name: String, port: Int, among found: [DiscoveredServer]) -> ClientError {
    let others = found.prefix(5).map { "'\($0.publicationName)'" }.joined(separator: ", ")
    return ClientError(
      .noServer,
      "No server is called '\(name)': it is no recent server, no host, and nobody published on "
        + "port \(port) in this network has the name"
        + (others.isEmpty ? "" : " (there are \(others))")
        + "; name its address, host:port."
    )
  }
}
