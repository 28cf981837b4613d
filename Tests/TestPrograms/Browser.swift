import Foundation

/// Chromium without a window.
package struct Browser {
  private static let program = "/usr/bin/chromium"
  package static let isThere = FileManager.default.isExecutableFile(atPath: program)

  /// A folder of its own: what one browser knows another does not.
  private let profile: String

  package init(profile: String) { self.profile = profile }

  /// Opens a page and returns what is in it once its scripts have ended.
  package func page(at address: String) async throws -> String {
    let running = try RunningProgram(
      Self.program,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
        "--user-data-dir=\(profile)", "--virtual-time-budget=20000", "--timeout=60000",
        "--dump-dom", address,
      ]
    )
    _ = await running.exitStatus()
    return running.output
  }
}
