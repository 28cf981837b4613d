import Foundation
import TestPrograms

/// Two network namespaces joined by a cable of their own: nothing that is sent in them leaves them.
///
/// The first is 10.77.0.1, the second 10.77.0.2, on one network.
final class NetworkNamespaces: Sendable {
  static let ip = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Whether this account may make them here.
  static let arePossible: Bool = {
    geteuid() == 0 && ip != nil && NetworkNamespaces().isUp
  }()

  let first: String
  let second: String
  private let isUp: Bool

  init() {
    let mark = String(UInt32.random(in: 0 ... .max), radix: 16)
    first = "syncd-\(mark)-a"
    second = "syncd-\(mark)-b"
    let script = """
      set -e
      ip netns add \(first)
      ip netns add \(second)
      ip link add name cable0 netns \(first) type veth peer name cable0 netns \(second)
      ip -n \(first) addr add 10.77.0.1/24 dev cable0
      ip -n \(second) addr add 10.77.0.2/24 dev cable0
      for space in \(first) \(second); do
        ip -n $space link set lo up
        ip -n $space link set cable0 up
        ip -n $space route add default dev cable0
      done
      """
    isUp = Self.shell(script)
  }

  deinit { _ = Self.shell("ip netns del \(first); ip netns del \(second)") }

  /// Starts a program in a namespace.
  static func start(
    in space: String,
    _ command: [String],
    environment: [String: String] = [:]
  ) throws -> RunningProgram {
    try RunningProgram(
      "/usr/bin/env",
      environment.map { "\($0)=\($1)" } + [ip ?? "/sbin/ip", "netns", "exec", space] + command
    )
  }

  /// Runs a program in a namespace to its end, and returns its standard output.
  static func run(in space: String, _ command: [String]) async throws -> String {
    let running = try start(in: space, command)
    _ = await running.exitStatus()
    return running.output
  }

  private static func shell(_ script: String) -> Bool {
    system("exec 2>/dev/null\nPATH=$PATH:/usr/sbin:/sbin\n" + script) == 0
  }
}
