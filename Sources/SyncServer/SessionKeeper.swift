package import Logging
import ServiceLifecycle
package import Sessions

/// Tells the store of the sessions what changes, a moment later and in one go, and at the end.
///
/// To be stopped last: until then sessions change.
package final class SessionKeeper: Service {
  /// Changes wait so long for others: what a killed server forgets is about as much.
  private static let delay = Duration.milliseconds(250)
  /// After a failure, such as a full disk.
  private static let longDelay = Duration.seconds(5)

  private let sessions: OpenSessions
  private let logger: Logger

  package init(sessions: OpenSessions, logger: Logger) {
    self.sessions = sessions
    self.logger = logger
  }

  package func run() async throws {
    var isFailing = false
    for await _ in sessions.changesToKeep.cancelOnGracefulShutdown() {
      let delay = isFailing ? Self.longDelay : Self.delay
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
      do {
        try await sessions.keep()
        isFailing = false
      } catch {
        // Serving goes on: what could not be kept is tried again.
        if !isFailing { complain(error) }
        isFailing = true
      }
    }
    do { try await sessions.keepAll() } catch { complain(error) }
  }

  private func complain(_ error: any Error) {
    logger.error("The sessions cannot be kept", metadata: ["reason": "\(error)"])
  }
}
