import Foundation

/// A command of the user's, run by the shell to its end.
package struct ShellCommand: Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// Runs it with further variables in its environment; its output goes where ours goes, or, when it
  /// `speaksAside`, to standard error.
  ///
  /// - Returns: its exit status; 128 and the signal's number when a signal ended it.
  /// - Throws: when the shell cannot be started.
  package func run(
    _ variables: [String: String],
    speaksAside: Bool = false
  ) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", text]
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    if speaksAside { process.standardOutput = FileHandle.standardError }
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { ended in
        let isSignal = ended.terminationReason == .uncaughtSignal
        continuation.resume(returning: ended.terminationStatus + (isSignal ? 128 : 0))
      }
      do {
        try process.run()
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
