import Foundation
import Logging
import Sessions
import SyncServer
import Synchronization

/// Hooks of a test's own, and the sessions of the server that runs them.
struct HookBench {
  let folder: String
  let sessions = OpenSessions.ofTest()
  let lines = LoggedLines()

  /// Writes a script for each of the moments; what it prints into `$LOG` is `log`.
  init(_ scripts: [HookName: String]) async throws {
    folder = try ServerFixture.temporaryFolder()
    for (name, script) in scripts {
      // By another program: what this one has open for writing it could not run.
      let text = "#!/bin/sh\nLOG='\(folder)/log'\n\(script)\n"
      let write = "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\""
      _ = try await Tool.run("sh", ["-c", write, "sh", text, "\(folder)/\(name.rawValue)"])
    }
  }

  func serve(
    timeout: Duration = .seconds(300),
    limits: ServerHooks.EndLimits = ServerHooks.EndLimits(),
    _ body: (ServerFixture) async throws -> Void
  ) async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let hooks = ServerHooks(
      try HookFolder(folder),
      timeout: timeout,
      limits: limits,
      sessions: sessions,
      variables: [:],
      logger: Logger(label: "test") { [lines] _ in lines }
    )
    try await ServerFixture.with(sessions: sessions, hooks: hooks, body)
  }

  var log: String {
    get throws { try String(contentsOfFile: "\(folder)/log", encoding: .utf8) }
  }
}

/// Keeps what is logged.
struct LoggedLines: LogHandler {
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private let lines = Lines()
  var metadata = Logger.Metadata()
  var logLevel = Logger.Level.trace
  var all: [String] { lines.all.withLock(\.self) }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.message)") } }
}
