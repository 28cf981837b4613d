import Subprocess

/// A program of the system that does one thing and ends.
enum SystemProgram {
  /// What it said, where it failed.
  struct Failure: Error {
    let reason: String
  }

  /// Runs it to its end.
  static func run(_ name: String, _ arguments: [String]) async throws(Failure) {
    let status: TerminationStatus
    let said: String
    do {
      let result = try await Subprocess.run(
        .name(name),
        arguments: Arguments(arguments),
        environment: .inherit.updating(["LC_ALL": "C"]),
        output: .discarded,
        error: .string(limit: 65_536)
      )
      status = result.terminationStatus
      said = result.standardError
    } catch {
      throw Failure(reason: "\(name) cannot be run: \("\(error)".withoutFullStop)")
    }
    guard status.isSuccess else {
      let line =
        said.split(separator: "\n").first.map(String.init) ?? "\(name) ended with \(status)"
      throw Failure(reason: line)
    }
  }
}
