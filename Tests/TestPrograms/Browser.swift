import Foundation

/// Chromium without a window.
package struct Browser {
  private static let program = "/usr/bin/chromium"
  package static let isThere = FileManager.default.isExecutableFile(atPath: program)

  /// A folder of its own: what one browser knows another does not.
  private let profile: String

  package init(profile: String) { self.profile = profile }

  private var options: [String] {
    [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
      "--user-data-dir=\(profile)",
    ]
  }

  /// Opens a page and returns what is in it once its scripts have ended.
  package func page(at address: String) async throws -> String {
    let end = ["--virtual-time-budget=20000", "--timeout=300000", "--dump-dom", address]
    let running = try RunningProgram(Self.program, options + end)
    _ = await running.exitStatus()
    return running.output
  }

  /// Opens a page whose scripts have no end; its console goes to standard error.
  package func open(_ address: String) throws -> RunningProgram {
    let more = ["--remote-debugging-port=0", "--enable-logging=stderr", address]
    return try RunningProgram(Self.program, options + more)
  }
}
