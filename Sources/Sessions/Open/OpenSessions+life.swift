package import ProjectModel

/// How sessions begin and end.
extension OpenSessions {
  /// The open sessions of clients, in no order.
  package var sessions: [OpenSession] { step { $0.table.sessions } }

  package var count: Int { step { $0.table.count } }

  package func count(_ kind: SessionKind) -> Int { step { $0.table.count(kind) } }

  package var seatsTaken: Int { step { $0.table.seatsTaken } }

  /// Whether a session is open.
  package func has(_ id: SessionID) -> Bool {
    let now = clock.now
    return step { $0.table.kind(of: id, at: now) != nil }
  }

  package func newID() -> SessionID { SessionID(random.bits()) }

  /// Opens a client's session.
  ///
  /// - Returns: its bearer token, which is nowhere else.
  /// - Throws: `tooManySessions`, `noSeat`.
  package func open(_ session: OpenSession) throws(SessionRefusal) -> String {
    let token = random.bits().hex.lowercased()
    let (hash, now) = (digest(token), clock.now)
    try step { (state) throws(SessionRefusal) in
      if state.table.open(session, token: hash, at: now) { return }
      throw state.table.hasSeat ? .tooManySessions : .noSeat
    }
    return token
  }

  /// Opens the session of a single-user application: it ends with the server.
  package func openStandalone(_ server: ServerIdentity) -> SessionID {
    let id = newID()
    let session = OpenSession(
      id: id,
      kind: .standalone,
      userName: server.userName,
      machineName: server.machineName,
      systemUserName: server.systemUserName,
      since: clock.wall.text,
      proof: .machine,
      isDeveloper: false,
      address: "localhost"
    )
    let now = clock.now
    _ = step { $0.table.add(session, at: now) }
    return id
  }

  /// The session of a bearer token, which is used by this.
  package func touch(_ token: Digest) -> OpenSession? {
    let now = clock.now
    return step { $0.table.touch(token, at: now) }
  }

  package func useBegan(_ id: SessionID) { step { $0.table.useBegan(id) } }

  package func useEnded(_ id: SessionID) {
    let now = clock.now
    step { $0.table.useEnded(id, at: now) }
  }

  /// Gives a session the development mode; this is not 4D's `promote`, which a process has.
  package func promote(_ id: SessionID) -> OpenSession? { step { $0.table.promote(id) } }

  /// Lets a session stay on another generation from now on.
  ///
  /// - Returns: the session as it was; `nil` when it has ended.
  package func stay(_ id: SessionID, on generation: PinnedGeneration) -> OpenSession? {
    step { $0.table.stay(id, on: generation) }
  }

  /// A client announces that its machine goes to sleep.
  package func fallAsleep(_ id: SessionID) throws(SessionRefusal) {
    let now = clock.now
    try step { (state) throws(SessionRefusal) in try state.table.fallAsleep(id, at: now) }
  }

  package func close(_ id: SessionID) -> OpenSession? {
    guard id != storedProcedures else { return nil }
    let now = clock.now
    return step { $0.table.close(id, at: now) }
  }

  /// Ends what is over; each session's end is told once, here, by `close` or by `leaveWeb`.
  package func expire() -> [OpenSession] {
    let now = clock.now
    return step { $0.table.expire(at: now) }
  }

  // MARK: Passwords

  /// Begins an attempt with a password; a time to wait means that it may not go on.
  package func beginAttempt(_ keys: [String]) -> Duration? {
    let now = clock.now
    return step { $0.attempts.begin(keys, at: now) }
  }

  /// Forgets the user's failures, for the password was right.
  ///
  /// The address keeps its failures with other users.
  package func attemptSucceeded(user: String, address: String) {
    step { state in
      state.attempts.succeeded([user])
      state.attempts.withdraw([address])
    }
  }

  /// The password was never looked at.
  package func attemptWithdrawn(_ keys: [String]) { step { $0.attempts.withdraw(keys) } }
}
