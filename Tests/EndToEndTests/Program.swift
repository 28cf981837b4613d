import Foundation
import Synchronization
import TestPrograms

/// The built `syncd`, run as a user runs it.
enum Program {
  /// What a finished command left.
  struct Result: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  /// The tests and the program lie in the same folder.
  static let path: String = {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: tests ?? "").deletingLastPathComponent().appending(path: "syncd").path
  }()

  /// Runs `syncd` to its end.
  static func run(_ arguments: String..., in folder: String? = nil) async throws -> Result {
    try await run(path, arguments, in: folder)
  }

  /// Runs any program to its end.
  static func run(
    _ program: String,
    _ arguments: [String],
    in folder: String? = nil
  ) async throws -> Result {
    let running = try RunningProgram(program, arguments, in: folder)
    let status = await running.exitStatus()
    return Result(status: status, output: running.output, errors: running.errors)
  }

  /// Runs a shell script to its end; its standard error goes with its output.
  static func shell(_ script: String, in folder: String? = nil) async throws -> Result {
    try await run("/bin/sh", ["-c", "exec 2>&1\n" + script], in: folder)
  }
}
