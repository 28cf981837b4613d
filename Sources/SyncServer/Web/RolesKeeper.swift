package import Logging
import ProjectHost
import ProjectModel
import ServiceLifecycle
package import Sessions
import SyncProtocol
import Synchronization

/// Keeps the sessions' privileges what the project's `roles.json` says: read at the start and with
/// each generation.
package final class RolesKeeper: Service {
  private let project: any ServedProject
  private let sessions: OpenSessions
  private let servesBrowsers: Bool
  private let logger: Logger
  private let known = Mutex<[Problem]>([])

  /// Makes a keeper; only where browsers are served is a missing file worth a warning.
  package init(
    project: any ServedProject,
    sessions: OpenSessions,
    servesBrowsers: Bool,
    logger: Logger
  ) {
    self.project = project
    self.servesBrowsers = servesBrowsers
    self.sessions = sessions
    self.logger = logger
  }

  /// Reads the file now; a problem is logged when it is new.
  package func read() async {
    let file = await project.projectFile(ProjectLayout.roles)
    let roles = sessions.readRoles(file)
    let problems = roles.problems
    let isQuiet = roles.condition == .missing && !servesBrowsers
    let isNew = known.withLock { known in
      defer { known = problems }
      return known != problems
    }
    guard isNew else { return }
    for problem in problems {
      let place = problem.line.map { "\(problem.file):\($0)" } ?? problem.file
      logger.log(
        level: isQuiet ? .info : .warning,
        "The privileges have a problem",
        metadata: ["file": "\(place)", "problem": "\(problem.text)"]
      )
    }
  }

  package func run() async throws {
    for await posted in await project.events.subscribe().cancelOnGracefulShutdown() {
      switch posted.event {
      case .ready, .reconnectRequired: await read()
      default: break
      }
    }
  }
}
