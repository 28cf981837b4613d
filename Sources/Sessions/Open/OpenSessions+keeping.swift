/// Sessions that outlive the server, where it has a store.
extension OpenSessions {
  /// Sessions that are described to the store in one step: others wait for it only so long.
  private static let mostAtOnce = 500

  /// Whether sessions outlive the server.
  package var areKept: Bool { store != nil }

  /// Opens the sessions that the store has kept; to be called before the first client comes.
  ///
  /// One whose time is over is among them until `expire`, so that its end is told like any other.
  ///
  /// - Returns: the sessions of clients, each with the connections that a hook had accepted.
  package func resume() async throws -> [ResumedSession] {
    guard let store else { return [] }
    let records = try await store.load()
    let (now, wall) = (clock.now, clock.wall)
    step { state in for record in records { state.table.resume(record, at: now, wall) } }
    return records.compactMap { record in
      record.session.kind == .remote
        ? ResumedSession(session: record.session, accepted: record.accepted) : nil
    }
  }

  /// Tells the stores what has changed; to be called after `changesToKeep` says so, one call after
  /// the other, and at the end.
  ///
  /// - Throws: what a store throws; the next call tries again.
  package func keep() async throws {
    while let (changes, records) = nextChanges() {
      let ended = Array(changes.ended)
      do {
        try await passcodes.forget(ended)
        try await store?.save(records, ended: ended)
      } catch {
        step { $0.table.changes?.merge(changes) }
        throw error
      }
    }
  }

  /// The last `keep`, when nobody is served any more: each session's last use is kept to the moment.
  package func keepAll() async throws {
    step { $0.table.noteUses() }
    try await keep()
  }

  private func nextChanges() -> (SessionChanges, [SessionRecord])? {
    let (now, wall) = (clock.now, clock.wall)
    return step { state in
      state.isKeeperCalled = false
      let changes = state.table.takeChanges(most: Self.mostAtOnce)
      guard !changes.isEmpty else { return nil }
      return (changes, changes.changed.compactMap { state.table.record(of: $0, at: now, wall) })
    }
  }
}

/// A client's session from before the restart.
package struct ResumedSession: Hashable, Sendable {
  package let session: OpenSession
  package let accepted: [ProcessNumber]
}
