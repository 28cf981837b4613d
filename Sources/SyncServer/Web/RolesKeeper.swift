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
  private let logger: Logger
  private let known = Mutex<[Problem]>([])

  package init(project: any ServedProject, sessions: OpenSessions, logger: Logger) {
    self.project = project
    self.sessions = sessions
    self.logger = logger
  }

  /// Reads the file now; a problem is logged when it is new.
  package func read() {
    let path = project.root + "/" + ProjectLayout.roles.display
    let file = try? PrivateFile.read(path, isSecret: false)
    let problems = sessions.readRoles(file).problems
    let isNew = known.withLock { known in
      defer { known = problems }
      return known != problems
    }
    guard isNew else { return }
    for problem in problems {
      let place = problem.line.map { "\(problem.file):\($0)" } ?? problem.file
      logger.warning(
        "The privileges have a problem",
        metadata: ["file": "\(place)", "problem": "\(problem.text)"]
      )
    }
  }

  package func run() async throws {
    for await posted in await project.events.subscribe().cancelOnGracefulShutdown() {
      switch posted.event {
      case .ready, .reconnectRequired: read()
      default: break
      }
    }
  }
}
