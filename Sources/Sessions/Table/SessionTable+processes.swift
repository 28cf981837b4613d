import ProjectModel

extension SessionTable {
  /// A piece of server-side work begins in a session.
  package mutating func beginProcess(
    of id: SessionID,
    _ kind: SessionProcess.Kind,
    name: String,
    since: String,
    at now: Instant
  ) throws(SessionRefusal) -> SessionProcess {
    if kind == .script, let oldest = entries[id]?.oldestScript {
      endProcess(oldest, of: id, at: now)
    }
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
    let process = ProcessReference(session: id, number: number)
    if let pass = entries[id]?.process(number)?.pass {
      passes[pass] = nil
      ends.passes.insert(process)
    }
    let wasAccepted = entries[id]?.accepted.contains(number) == true
    let wasThere = entries[id]?.end(number) == true
    if wasAccepted, let entry = entries[id] { changes?.changed(entry) }
    guard wasThere else { return false }
    leases.processEnded(process, at: now)
    return true
  }

  mutating func endScript(
    _ number: ProcessNumber,
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) {
    guard let process = live(id, at: now)?.process(number) else { throw .unknownProcess }
    guard process.kind == .script else { throw .notAScript }
    endProcess(number, of: id, at: now)
  }

  /// A hook has accepted a connection, and is to be told of its end.
  mutating func accept(_ process: ProcessReference) {
    guard let entry = entries[process.session] else { return }
    entries[process.session]?.accept([process.number])
    changes?.changed(entry)
  }

  /// Gives a process a secret by whose hash it is known until it ends; nothing when it has ended.
  mutating func give(_ pass: Digest, to process: ProcessReference) {
    let given: Void? = try? entries[process.session]?.change(process.number) { $0.pass = pass }
    if given != nil { passes[pass] = process }
  }

  /// The processes of a session, in the order in which they began.
  package func processes(of id: SessionID) -> [SessionProcess] { entries[id]?.processes ?? [] }

  func has(_ process: ProcessReference, at now: Instant) -> Bool {
    live(process.session, at: now)?.process(process.number) != nil
  }
}
