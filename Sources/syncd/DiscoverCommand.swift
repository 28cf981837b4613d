import ArgumentParser
import Console
import Foundation
import SyncClient
import SyncProtocol

/// `syncd discover`: the servers that are published in this network.
struct DiscoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discover",
    abstract: "Lists the servers in this network, in the order in which they answer.",
    discussion: "A ^ stands before the names of servers that use TLS. On a terminal the list stays "
      + "and follows what comes and goes, until interrupted or for --wait seconds."
  )

  @Option(
    help: ArgumentHelp("Seconds to wait for answers; 3 where nobody watches.", valueName: "seconds")
  )
  var wait: Double?

  @Option(help: "The port that servers publish on: only those on this one answer.")
  var port = Route.defaultPort

  @Flag(help: "Ask on this machine alone.")
  var local = false

  @Flag(help: "Print the list as JSON.")
  var json = false

  private static let patience = 3.0

  func validate() throws {
    guard (1...65_535).contains(port) else { throw ValidationError("\(port) is no port.") }
    guard wait.map({ $0 > 0 && $0 <= 86_400 }) ?? true else {
      throw ValidationError("--wait takes seconds, more than 0 and at most a day.")
    }
  }

  func run() async throws {
    let client = DiscoveryClient(port: port, isLocal: local)
    let isLive = !json && isatty(STDOUT_FILENO) == 1
    guard !isLive else { return try await show(client) }
    let found = try await client.watch(for: .seconds(wait ?? Self.patience)) { _ in true }
    if json {
      try Terminal.say(json: found.map(Line.init))
    } else if !found.isEmpty {
      for line in Self.table(found) { Terminal.say(line) }
    }
    guard found.isEmpty else { return }
    Terminal.complain(
      "No server is published on port \(port) \(local ? "of this machine" : "in this network")."
    )
    throw ExitStatus.leave(.noServer)
  }

  private func show(_ client: DiscoveryClient) async throws {
    var shown = Self.table([]) + ["(waiting for answers)"]
    for line in shown { Terminal.say(line) }
    try await client.watch(for: wait.map { .seconds($0) }) { servers in
      // Up over what is there, then away with it.
      let over = "\u{1B}[\(shown.count)A\r\u{1B}[J"
      shown = Self.table(servers)
      Terminal.write(over + shown.joined(separator: "\n") + "\n")
      return true
    }
  }

  private static func table(_ servers: [DiscoveredServer]) -> [String] {
    let rows = servers.map { server in
      [
        server.shownName, server.address.description, server.project,
        server.generation?.description ?? "none yet",
      ]
    }
    return Table(["NAME", "ADDRESS", "PROJECT", "GENERATION"], rows).lines
  }

  private struct Line: Encodable {
    let name: String
    let address: String
    let project: String
    let serverID: String
    let tls: Bool
    let api: Hello.APIRange
    let generation: String?

    init(_ server: DiscoveredServer) {
      name = server.publicationName
      address = server.address.description
      project = server.project
      serverID = server.serverID
      tls = server.usesTLS
      api = server.api
      generation = server.generation?.description
    }
  }
}
