package import ProjectModel

/// How sessions begin and end.
extension OpenSessions {
  /// The open sessions of clients, in no order.
  package var sessions: [OpenSession] { step { $0.table.sessions } }

  package var count: Int { step { $0.table.count } }

  package func count(_ kind: SessionKind) -> Int { step { $0.table.count(kind) } }

  package var seatsTaken: Int { step { $0.table.seatsTaken } }

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

  // MARK: Processes

  /// A hook or a script begins its work for a session, the virtual one where nothing is said.
  package func beginProcess(
    of id: SessionID? = nil,
    _ kind: SessionProcess.Kind,
    name: String
  ) throws(SessionRefusal) -> ProcessReference {
    let (now, since, id) = (clock.now, clock.wall.text, id ?? storedProcedures)
    let process = try step { (state) throws(SessionRefusal) in
      try state.table.beginProcess(of: id, kind, name: name, since: since, at: now)
    }
    return ProcessReference(session: id, number: process.number)
  }

  /// Ends a process; its leases go to those who wait.
  @discardableResult
  package func endProcess(_ process: ProcessReference) -> Bool {
    let now = clock.now
    return step { $0.table.endProcess(process.number, of: process.session, at: now) }
  }

  /// A hook has accepted a connection: kept with the session until it ends.
  package func accept(_ process: ProcessReference) { step { $0.table.accept(process) } }

  package func processes(of id: SessionID) -> [SessionProcess] {
    step { $0.table.processes(of: id) }
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
