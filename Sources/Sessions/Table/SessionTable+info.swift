extension SessionTable {
  /// The kind of a session; `nil` when there is none.
  package func kind(of id: SessionID, at now: Instant) -> SessionKind? { live(id, at: now)?.kind }

  package func info(
    of id: SessionID,
    _ semantics: SessionSemantics,
    at now: Instant
  ) throws(SessionRefusal) -> SessionInfo {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    return info(of: entry, semantics, at: now)
  }

  /// What is known of all sessions, or of one, with their processes (4d-domain §9.4).
  ///
  /// - Returns: `nil` when there is no such session.
  package func activity(
    of id: SessionID?,
    _ semantics: SessionSemantics,
    at now: Instant
  ) -> SessionActivity? {
    if let id {
      guard let entry = live(id, at: now) else { return nil }
      return SessionActivity([(info(of: entry, semantics, at: now), entry.processes)])
    }
    let all = entries.keys.compactMap { live($0, at: now) }
    return SessionActivity(
      all.sorted { ($0.session.since, $0.session.id.text) < ($1.session.since, $1.session.id.text) }
        .map { (info(of: $0, semantics, at: now), $0.processes) }
    )
  }

  private func info(
    of entry: SessionEntry,
    _ semantics: SessionSemantics,
    at now: Instant
  ) -> SessionInfo {
    let silence = now - entry.lastUse
    let isOutOfReach = entry.kind == .remote && entry.uses == 0 && silence >= limits.contact
    return SessionInfo(
      entry.session,
      semantics,
      state: entry.isAsleep ? .sleeping : isOutOfReach ? .postponed : .active,
      silence: isOutOfReach ? Int(silence / .seconds(1)) : nil
    )
  }
}

/// The answer to 4D's `Process activity` (4d-domain §9.4).
package struct SessionActivity: Hashable, Sendable, Codable {
  package struct Process: Hashable, Sendable, Codable {
    package let number: ProcessNumber
    package let name: String
    package let type: SessionProcess.Kind
    package let creationDateTime: String
    package let sessionID: String
  }

  package let sessions: [SessionInfo]
  package let processes: [Process]

  init(_ all: [(SessionInfo, [SessionProcess])]) {
    sessions = all.map(\.0)
    processes = all.flatMap { info, processes in
      processes.map {
        Process(
          number: $0.number,
          name: $0.name,
          type: $0.kind,
          creationDateTime: $0.since,
          sessionID: info.id
        )
      }
    }
  }
}
