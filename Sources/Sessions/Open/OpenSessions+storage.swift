package import ProjectModel

/// The storage of a session: read at any time, changed in one step or under a lease.
extension OpenSessions {
  /// The session's storage; a remote caller's is its client's own.
  package func storage(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> SharedObject {
    let side = access.storageSide(for: caller)
    return try use(.storage, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.storage(StorageKey(session: id, side: side), at: now)
    }
  }

  /// Applies a merge patch (RFC 7396) and tells the session's processes.
  ///
  /// With a `revision` it is done to that one alone; without a `lease` nobody may be using the
  /// storage.
  ///
  /// - Returns: the storage as it is now.
  /// - Throws: `revisionMismatch`, `inUse`, `leaseOver`, and what the limits forbid.
  @discardableResult
  package func patchStorage(
    of id: SessionID,
    with patch: JSONValue,
    expecting revision: UInt64? = nil,
    lease: UInt64? = nil,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> SharedObject {
    let key = StorageKey(session: id, side: access.storageSide(for: caller))
    let (storage, hasChanged) = try use(.changeStorage, of: id, for: caller) {
      (table, now) throws(SessionRefusal) in
      try table.patch(key, with: patch, expecting: revision, lease: lease, at: now)
    }
    if hasChanged { tell(.storageChanged(key, revision: storage.revision)) }
    return storage
  }

  /// `Use`: takes the storage for one process, after those who asked before.
  ///
  /// A lease ends with `endUse`, with its time, with its process and with the session. A process
  /// that has it already gets the same one, and ends it as often. Whoever does not wait is refused
  /// at once where another has it.
  ///
  /// - Returns: the lease, from now on.
  /// - Throws: `inUse`, `tooManyWaiting`, `leaseTime`, `unknownProcess`; `unknownSession` also when
  ///   the session ends meanwhile. When the task is cancelled: `inUse`.
  package func useStorage(
    of id: SessionID,
    by process: ProcessReference,
    during duration: Duration = StorageLease.usual,
    waits: Bool = true,
    for caller: SessionCaller
  ) async throws(SessionRefusal) -> StorageLease {
    let key = StorageKey(session: id, side: access.storageSide(for: caller))
    // A client acts as one of its own processes and not as somebody else's.
    guard caller.isServerSide || process.session == id else { throw .unknownProcess }
    let answer = try use(.changeStorage, of: id, for: caller) {
      (table, now) throws(SessionRefusal) in
      try table.useStorage(key, by: process, during: duration, waits: waits, at: now)
    }
    switch answer {
    case .granted(let lease): return lease
    case .waiting(let ticket, _):
      switch await outcome(of: ticket, on: key) {
      case .granted(let lease):
        // Nobody is there any more to end it.
        guard !Task.isCancelled else {
          try? endUse(lease.id, of: id, for: caller)
          throw .inUse
        }
        return lease
      case .refused(let refusal): throw refusal
      }
    }
  }

  /// `End use`.
  ///
  /// - Throws: `leaseOver` when its time was over before.
  package func endUse(
    _ lease: UInt64,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    let key = StorageKey(session: id, side: access.storageSide(for: caller))
    try use(.changeStorage, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.leases.release(lease, of: key, at: now)
    }
  }

  // MARK: Waiting

  /// How many processes wait for a storage.
  package var waiting: Int { step { $0.waiting.count } }

  /// Waits for a lease beside a timer that ends the leases before it when their time is over.
  private func outcome(of ticket: LeaseTicket, on key: StorageKey) async -> LeaseBook.Outcome {
    await withTaskGroup(of: LeaseBook.Outcome?.self) { group in
      group.addTask { await self.told(ticket, on: key) }
      group.addTask {
        await self.endLeases(of: key)
        return nil
      }
      var outcome: LeaseBook.Outcome = .refused(.inUse)
      for await result in group {
        guard let result else { continue }
        outcome = result
        group.cancelAll()
      }
      return outcome
    }
  }

  private func told(_ ticket: LeaseTicket, on key: StorageKey) async -> LeaseBook.Outcome {
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early = step { state -> LeaseBook.Outcome? in
          if let outcome = state.early.removeValue(forKey: ticket) { return outcome }
          // Looked at here: whoever is cancelled later finds the continuation.
          guard !Task.isCancelled else {
            state.table.leases.giveUp(ticket, of: key)
            return .refused(.inUse)
          }
          state.waiting[ticket] = continuation
          return nil
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      let continuation = step { state in
        state.table.leases.giveUp(ticket, of: key)
        return state.waiting.removeValue(forKey: ticket)
      }
      continuation?.resume(returning: .refused(.inUse))
    }
    return outcome
  }

  private func endLeases(of key: StorageKey) async {
    while !Task.isCancelled, let end = step({ $0.table.leases.end(of: key) }) {
      do { try await clock.wait(until: end) } catch { return }
      let now = clock.now
      step { $0.table.leases.expire(at: now) }
    }
  }
}
