import ArgumentParser
import Logging
import ProjectHost
import SessionFile
import Sessions
import SyncServer

/// What `serve` is told about sessions.
struct SessionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Clients and signed-in browsers at a time; a browser in a client's session takes no seat of "
        + "its own. No limit if left out.",
      valueName: "number"
    )
  )
  var seats: Int?

  @Option(
    help: "Whether sessions are those of 4D 21, or of 21 R3 with a session on the client too."
  )
  var sessionSemantics = SessionSemantics.v21

  @Flag(
    help: ArgumentHelp(
      "Serve one user on this machine: his session is open from the start, his programs work in it, "
        + "and nobody opens another; browsers have theirs."
    )
  )
  var standalone = false

  @Flag(
    help:
      "Keep sessions over a restart of the server; without it they end with the server, as in 4D."
  )
  var keepSessions = false

  func validate() throws {
    if let seats, seats < 1 { throw ValidationError("--seats is at least 1.") }
  }

  /// The sessions of the server; that of its one user is open already where it is for him alone.
  ///
  /// - Throws: `KeptSessionsError`.
  func open(
    in folder: SystemFolder,
    listener: SessionEventFeed,
    _ logger: Logger
  ) throws -> OpenSessions {
    let kept = try kept(in: KeptSessionsFile(folder.sessions), logger)
    let sessions = OpenSessions(
      ofServerWith: SessionLimits(seats: seats),
      semantics: sessionSemantics,
      store: kept,
      passcodes: kept ?? EmbeddedPasscodes(),
      listener: listener
    )
    if standalone { sessions.openStandalone() }
    return sessions
  }

  private func kept(in file: KeptSessionsFile, _ logger: Logger) throws -> KeptSessions? {
    guard keepSessions else {
      try file.remove()
      return nil
    }
    let opened = try file.open()
    if let warning = opened.warning { logger.warning("\(warning)") }
    return opened.sessions
  }
}

extension SessionSemantics: ExpressibleByArgument {}
