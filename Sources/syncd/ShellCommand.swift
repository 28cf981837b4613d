import Foundation

/// A command of the user's, run by the shell to its end.
///
/// By `posix_spawn`: Foundation's `Process` reads the list of descriptors past its end now and then.
struct ShellCommand: Sendable {
  let text: String

  /// Runs it with further variables in its environment; its output goes where ours goes.
  ///
  /// - Returns: its exit status; 128 and the signal's number when a signal ended it; 127 when it
  ///   could not be started.
  func run(_ variables: [String: String]) async -> Int32 {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: self.runToEnd(variables)) }
      thread.start()
    }
  }

  private func runToEnd(_ variables: [String: String]) -> Int32 {
    let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    let words = ["/bin/sh", "-c", text]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + settings { free(text) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, words[0], nil, nil, &arguments, &settings) == 0 else { return 127 }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return 127 }
    }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}
