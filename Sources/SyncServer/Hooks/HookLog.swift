import Logging
import Sessions

/// Where the lines go that hooks print; no secret of a session goes with them.
struct HookLog: Sendable {
  let logger: Logger
  let sessions: OpenSessions

  func tell(_ line: String, of hook: HookName) async {
    let line = await sessions.withoutSecrets(line)
    logger.notice("\(line)", metadata: ["hook": "\(hook.rawValue)"])
  }
}
