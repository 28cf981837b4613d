import Foundation
import TestPrograms
import Testing

/// Two network namespaces with a cable between them: two machines as far as TCP knows, and nothing
/// that is sent leaves them.
final class TwoMachines: Sendable {
  /// Whether this account may make namespaces: it tries.
  static let isPossible: Bool = {
    guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: ip) else { return false }
    let name = "syncd-\(getpid())-probe"
    return run("netns", "add", name) && run("netns", "del", name)
  }()
  private static let ip = "/usr/sbin/ip"

  static let serverAddress = "10.197.31.1"
  static let clientAddress = "10.197.31.2"
  /// A second address of the server's machine.
  static let otherServerAddress = "10.197.31.3"

  private let name = "syncd-\(UInt64.random(in: 0...(.max)))"
  private var server: String { name + "-s" }
  private var client: String { name + "-c" }

  /// Makes both, with a cable.
  static func make() async throws -> TwoMachines {
    let machines = TwoMachines()
    let (server, client) = (machines.server, machines.client)
    let result = try await Program.shell(
      """
      set -e
      ip netns add \(server); ip netns add \(client)
      ip -n \(server) link add cable type veth peer name cable netns \(client)
      for a in \(serverAddress) \(otherServerAddress); do
        ip -n \(server) address add $a/29 brd + dev cable
      done
      ip -n \(client) address add \(clientAddress)/29 brd + dev cable
      for n in \(server) \(client); do ip -n $n link set lo up; ip -n $n link set cable up; done
      """
    )
    try #require(result.status == 0, "\(result.output)")
    return machines
  }

  deinit {
    for name in [server, client] { _ = Self.run("netns", "del", name) }
  }

  private static func run(_ words: String...) -> Bool {
    (try? RunningProgram.status(of: ip, words)) == 0
  }

  /// The words that run a program on the server's machine.
  func onServer(_ words: [String]) -> [String] { ["netns", "exec", server] + words }

  /// Starts a program on the server's machine.
  func startOnServer(_ words: [String]) throws -> RunningProgram {
    try RunningProgram(Self.ip, onServer(words))
  }

  /// Starts a program on the client's machine.
  func startOnClient(_ words: [String]) throws -> RunningProgram {
    try RunningProgram(Self.ip, ["netns", "exec", client] + words)
  }

  /// Starts a program at a terminal of the client's machine.
  func startOnClientsTerminal(_ words: [String]) throws -> RunningProgram {
    try RunningProgram(onTerminal: Self.ip, ["netns", "exec", client] + words)
  }

  /// Runs a program on the client's machine to its end.
  func runOnClient(_ words: [String]) async throws -> Program.Result {
    try await Program.run(Self.ip, ["netns", "exec", client] + words)
  }
}
