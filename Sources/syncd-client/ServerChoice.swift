import Console
import Deployment
import Foundation
import ProjectModel
import SyncClient
import SyncProtocol

/// Finds the server in the order that merged clients have (4d-domain §8): the embedded link, the last
/// server that worked, and the user's choice where the client's maker allows one.
struct ServerChoice {
  enum Wish {
    case usual
    case chosen
    /// An address; one that the client has worked with needs no permission.
    case named(String, isKnown: Bool = false)
  }

  private static let patience = Duration.milliseconds(2_500)

  private let client: InstalledClient
  private let data: DataFolder
  private let trust: ServerTrust
  private let isLocal: Bool
  private let report: ClientReport

  init(
    _ client: InstalledClient,
    _ data: DataFolder,
    acceptedKey: String?,
    isLocal: Bool,
    report: ClientReport
  ) {
    self.client = client
    self.data = data
    self.isLocal = isLocal
    self.report = report
    var trust = ServerTrust()
    if let authorities = client.authoritiesFile {
      trust.authorities = authorities
    } else {
      trust.knownServers = KnownServers(path: data.knownServers)
      trust.acceptedKey = acceptedKey?.lowercased()
      trust.pinned = { report.pinned($1, of: $0) }
    }
    self.trust = trust
  }

  /// Connects to a server and pairs with it.
  ///
  /// - Throws: `ClientError`: the first of the usual ways says what is wrong.
  func visit(_ wish: Wish) async throws -> ServerVisit {
    switch wish {
    case .named(let name, let isKnown):
      if !isKnown { try checkChoice() }
      guard let address = ServerAddress(name), address.port > 0 else {
        throw ClientError(.noServer, "'\(name)' is no address: write host or host:port.")
      }
      return try await open(ServerTarget(address, from: .address))
    case .chosen:
      try checkChoice()
      return try await open(try await chosen())
    case .usual: return try await usual()
    }
  }

  private func usual() async throws -> ServerVisit {
    var failure: ClientError
    do {
      let target = try await ServerName(client.linkFile).resolve(with: lookups)
      do {
        return try await open(target)
      } catch let error as ClientError where target.discoveryPort != nil {
        // Anybody may publish that name.
        guard let own = try await namesake(of: target) else { throw error }
        return own
      }
    } catch let error as ClientError where error.code != .untrusted {
      failure = error
    }
    if let last = data.lastServer, let address = ServerAddress(last.address) {
      do {
        return try await open(ServerTarget(address, from: .address))
      } catch let error as ClientError where error.code != .untrusted {
        // What keeps the client from its own server is what has to be put right.
        if failure.code == .noServer, error.code != .noServer { failure = error }
      }
    }
    guard client.application.allowsSelection else { throw failure }
    guard ClientReport.isWatched else {
      throw ClientError(
        failure.code,
        "\(failure.message) Another server is chosen with --select or --server.",
        problem: failure.problem
      )
    }
    Terminal.complain(failure.message)
    return try await open(try await chosen())
  }

  /// The server of the same published name that is this client's own.
  private func namesake(of target: ServerTarget) async throws -> ServerVisit? {
    guard let port = target.discoveryPort else { return nil }
    let found = try await DiscoveryClient(port: port, isLocal: isLocal)
      .watch(for: Self.patience) { _ in true }
    for server in found
    where server.isCalled(client.application.publishName) && server.address != target.address {
      let other = ServerTarget(server.address, from: .discovered(server), discoveryPort: port)
      if let visit = try? await open(other) { return visit }
    }
    return nil
  }

  /// Visits a server; its users have no `syncd` to start one with.
  private func open(_ target: ServerTarget) async throws -> ServerVisit {
    do { return try await enter(target) } catch let error as ClientError
      where error.code == .noServer
    {
      throw ClientError(
        .noServer,
        "No server of \(client.application.name) answers at \(target.address): ask whoever runs it "
          + "whether it is started, and whether this is its address."
      )
    }
  }

  private func enter(_ target: ServerTarget) async throws -> ServerVisit {
    // A key is pinned when the server has shown that it knows the secret.
    var trust = trust
    trust.holdPins()
    let (connection, hello) = try await greet(target, trust)
    let (paired, updates) = try await ServerPairing.pair(connection, as: client.application)
    try trust.pinHeld()
    let port = target.discoveryPort
    let lookups = lookups
    return ServerVisit(target: target, connection: paired, hello: hello, updates: updates) {
      guard let port else { return nil }
      return await lookups.address(of: hello.serverID, port: port)
    }
  }

  /// Asks who is there; a server of the network speaks TLS on its own machine's loopback too.
  private func greet(
    _ target: ServerTarget,
    _ trust: ServerTrust
  ) async throws -> (ServerConnection, Hello) {
    var trust = trust
    trust.isForced = target.usesTLS
    let connection = ServerConnection(.tcp(target.address), trust: trust)
    do {
      return (connection, try await connection.hello())
    } catch let error as ClientError where error.code == .connection && !connection.speaksTLS {
      trust.isForced = true
      let secure = ServerConnection(.tcp(target.address), trust: trust)
      return (secure, try await secure.hello())
    }
  }

  private var lookups: NetworkLookups {
    var trust = trust
    // A key that is seen while looking for servers is not taken for known.
    trust.pinned = { _, _ in }
    return NetworkLookups(recents: RecentsFile(path: data.recents), trust: trust)
  }

  private func checkChoice() throws(ClientError) {
    guard client.application.allowsSelection else {
      throw ClientError(
        .refused,
        "The maker of \(client.application.name) allows no other server than its own "
          + "(\(ApplicationKey.selectionAllowed.rawValue) is False)."
      )
    }
  }

  /// Shows the servers in this network and asks for one.
  private func chosen() async throws -> ServerTarget {
    let port = client.application.port
    let found = try await DiscoveryClient(port: port, isLocal: isLocal)
      .watch(for: Self.patience) { _ in true }
    let rows = found.enumerated().map { index, server in
      ["\(index + 1)", server.shownName, server.address.description]
    }
    for line in Table(["", "NAME", "ADDRESS"], rows).lines { Terminal.writeError(line + "\n") }
    let question =
      found.isEmpty
      ? "No server is published here. Its address" : "Number of a server, or its address"
    guard let answer = report.ask(question), !answer.isEmpty else {
      throw ClientError(.noServer, "No server is chosen.")
    }
    if let number = Int(answer), found.indices.contains(number - 1) {
      let server = found[number - 1]
      return ServerTarget(server.address, from: .discovered(server), discoveryPort: port)
    }
    guard let address = ServerAddress(answer), address.port > 0, Int(answer) == nil else {
      throw ClientError(.noServer, "'\(answer)' is neither a number of the list nor an address.")
    }
    return ServerTarget(address, from: .address)
  }
}
