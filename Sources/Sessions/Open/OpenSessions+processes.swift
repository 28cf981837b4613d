package import ProjectModel

/// The work that is done in sessions.
extension OpenSessions {
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

  /// Ends a script; whatever else works in a session has an end of its own, and more that goes with
  /// it: a hook, a cookie, a stream.
  ///
  /// - Throws: `unknownProcess`, `notAScript`.
  package func endScript(_ process: ProcessReference) throws(SessionRefusal) {
    let now = clock.now
    try step { (state) throws(SessionRefusal) in
      try state.table.endScript(process.number, of: process.session, at: now)
    }
  }

  /// A hook has accepted a connection: kept with the session until it ends.
  package func accept(_ process: ProcessReference) { step { $0.table.accept(process) } }

  package func processes(of id: SessionID) -> [SessionProcess] {
    step { $0.table.processes(of: id) }
  }

  // MARK: Passes

  /// Makes a secret for a process, a hook's for example: 32 hexadecimal digits, which are nowhere else.
  ///
  /// Whoever shows it acts for the process's session, as long as the process lasts.
  package func pass(for process: ProcessReference) -> String {
    let text = random.bits().hex.lowercased()
    let hash = digest(text)
    step { $0.table.give(hash, to: process) }
    return text
  }

  /// Whether a process has not ended.
  package func has(_ process: ProcessReference) -> Bool {
    let now = clock.now
    return step { $0.table.has(process, at: now) }
  }

  /// The process that shows a secret of this hash.
  package func process(showing pass: Digest) -> ProcessReference? {
    let now = clock.now
    return step { state in
      guard let process = state.table.passes[pass], state.table.has(process, at: now) else {
        return nil
      }
      return process
    }
  }
}
