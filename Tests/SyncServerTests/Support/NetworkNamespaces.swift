import Foundation

/// Two network namespaces joined by a cable of their own: nothing that is sent in them leaves them.
///
/// The first is 10.77.0.1, the second 10.77.0.2, on one network.
final class NetworkNamespaces: Sendable {
  static let ip = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Whether this account may make them here.
  static let arePossible: Bool = {
    guard geteuid() == 0, ip != nil, let pair = try? NetworkNamespaces() else { return false }
    return pair.isUp
  }()

  let first: String
  let second: String
  private let isUp: Bool

  init() throws {
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
    isUp = try Self.shell(script).status == 0
  }

  deinit { _ = try? Self.shell("ip netns del \(first); ip netns del \(second)") }

  /// Starts a program in a namespace.
  static func start(
    in space: String,
    _ command: [String],
    environment: [String: String] = [:]
  ) throws -> (process: Process, output: Pipe) {
    let process = Process()
    process.executableURL = URL(filePath: ip ?? "/sbin/ip")
    process.arguments = ["netns", "exec", space] + command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, output)
  }

  /// Runs a program in a namespace to its end, and returns its standard output.
  static func run(in space: String, _ command: [String]) async throws -> String {
    let (process, output) = try start(in: space, command)
    let data = try await TestClient.onThread {
      try output.fileHandleForReading.readToEnd() ?? Data()
    }
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  private static func shell(_ script: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, "")
  }
}
