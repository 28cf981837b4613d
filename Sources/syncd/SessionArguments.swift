import ArgumentParser
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
    help:
      "Serve one user on this machine: his session is open from the start, and no other client gets in."
  )
  var standalone = false

  func validate() throws {
    if let seats, seats < 1 { throw ValidationError("--seats is at least 1.") }
  }

  /// The sessions of the server; that of its one user is open already where it is for him alone.
  func open(listener: SessionEventFeed) -> OpenSessions {
    let sessions = OpenSessions(
      ofServerWith: SessionLimits(seats: seats),
      semantics: sessionSemantics,
      listener: listener
    )
    if standalone { sessions.openStandalone() }
    return sessions
  }
}

extension SessionSemantics: ExpressibleByArgument {}
