import Foundation
import TestPrograms
import Testing

/// A program of `scripts/` that runs beside a test and says where it listens.
final class Script: Sendable {
  let ports: [Int]
  private let running: RunningProgram

  init(_ name: String, _ arguments: String...) async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    running = try RunningProgram(
      "/usr/bin/python3",
      [root.standardizedFileURL.path + "/scripts/" + name] + arguments
    )
    let line = try #require(await running.line(containing: "port"), "\(running.errors)")
    ports = line.matches(of: /\d+/).compactMap { Int($0.output) }
  }

  deinit { running.send(SIGKILL) }
}

/// A line between a client and a server that breaks on command.
struct FaultyLine: Sendable {
  private let proxy: Script
  var address: String { "127.0.0.1:\(proxy.ports[0])" }

  init() async throws { proxy = try await Script("fault-proxy", "0") }

  /// Starts a project's server at the other end.
  func serve(_ place: Workplace) async throws -> Server {
    // The line has another port than the server.
    let server = try await place.serve("--allow-host", address)
    try await order("target \(server.address.split(separator: ":").last ?? "")")
    return server
  }

  /// Gives a command of `scripts/fault-proxy` and waits until it is carried out.
  func order(_ command: String) async throws {
    let result = try await Program.run(
      "/bin/bash",
      ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(proxy.ports[1]); echo '\(command)' >&3; cat <&3"]
    )
    try #require(result.output == "done\n", "\(result.errors)")
  }
}
