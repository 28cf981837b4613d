package import ProjectModel

extension SessionTable {
  /// A further connection joins a session, with its bearer token and in no other way.
  package mutating func join(
    _ token: Digest,
    _ kind: SessionProcess.Kind,
    name: String,
    since: String,
    at now: Instant
  ) throws(SessionRefusal) -> (session: OpenSession, process: SessionProcess) {
    guard let session = touch(token, at: now) else { throw .unknownSession }
    return (session, try beginProcess(of: session.id, kind, name: name, since: since, at: now))
  }

  /// A piece of server-side work begins in a session.
  package mutating func beginProcess(
    of id: SessionID,
    _ kind: SessionProcess.Kind,
    name: String,
    since: String,
    at now: Instant
  ) throws(SessionRefusal) -> SessionProcess {
    guard var entry = live(id, at: now) else { throw .unknownSession }
    let process = try entry.begin(kind, name: name, since: since)
    entries[id] = entry
    return process
  }

  /// A process ends: its promotions go, and so do its leases.
  ///
  /// - Returns: whether it was there.
  @discardableResult
  package mutating func endProcess(
    _ number: ProcessNumber,
    of id: SessionID,
    at now: Instant
  ) -> Bool {
    guard entries[id]?.end(number) == true else { return false }
    leases.processEnded(ProcessReference(session: id, number: number), at: now)
    return true
  }

  /// The processes of a session, in the order in which they began.
  package func processes(of id: SessionID) -> [SessionProcess] { entries[id]?.processes ?? [] }

  func has(_ process: ProcessReference, at now: Instant) -> Bool {
    live(process.session, at: now)?.process(process.number) != nil
  }
}
