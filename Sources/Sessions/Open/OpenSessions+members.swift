package import ProjectModel

/// The members of 4D's Session class (4d-domain §9.2), each for whoever may use it.
///
/// - Every one throws `unknownSession` for a session that there is not or that the caller may not
///   know of, `serverSideOnly` and `notAvailable`.
extension OpenSessions {
  /// Everything that 4D tells of a session.
  package func info(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> SessionInfo {
    let semantics = access.semantics
    return try use(.info, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.info(of: id, semantics, at: now)
    }
  }

  /// Every session with its processes, or one of them; for the server's own callers.
  ///
  /// - Returns: `nil` when there is no such session.
  package func activity(
    of id: SessionID? = nil,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> SessionActivity? {
    guard caller.isServerSide else { throw .serverSideOnly(.info) }
    let (semantics, now) = (access.semantics, clock.now)
    return step { $0.table.activity(of: id, semantics, at: now) }
  }

  package func userName(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> String {
    try use(.userName, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      guard let entry = table.live(id, at: now) else { throw .unknownSession }
      return entry.session.userName
    }
  }

  // MARK: Privileges

  /// Adds privileges and roles; names that `roles.json` does not declare are ignored, and the user
  /// name counts in web sessions alone.
  ///
  /// - Throws: `rolesClosed` and `noSeat` too, where 4D answers False.
  package func setPrivileges(
    _ order: PrivilegeOrder,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    try use(.setPrivileges, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.setPrivileges(order, of: id, at: now)
    }
    tell(.privilegesChanged(id))
  }

  /// Takes all privileges away but those that processes were promoted to.
  package func clearPrivileges(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    try use(.clearPrivileges, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.clearPrivileges(of: id, at: now)
    }
    tell(.privilegesChanged(id))
  }

  /// The names with all that they include, in the order of `roles.json`; promotions are not among
  /// them.
  package func privileges(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> [String] {
    try use(.getPrivileges, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.privileges(of: id, at: now)
    }
  }

  /// Whether the session has a privilege, or the process that asks is promoted to it.
  package func hasPrivilege(
    _ name: String,
    of id: SessionID,
    process: ProcessNumber? = nil,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> Bool {
    try use(.hasPrivilege, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.hasPrivilege(name, of: id, process: process, at: now)
    }
  }

  /// Whether the permissions of `roles.json` let web requests of the session act on a resource.
  package func allows(
    _ wanted: ResourceAction,
    of id: SessionID,
    process: ProcessNumber? = nil,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> Bool {
    try use(.hasPrivilege, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.allows(wanted, of: id, process: process, at: now)
    }
  }

  package func isGuest(
    _ id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> Bool {
    try use(.isGuest, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.isGuest(id, at: now)
    }
  }

  /// Gives one process a privilege until `demote` or its end.
  ///
  /// - Returns: the id for `demote`; 0 when the name is not declared or the process has it already.
  package func promote(
    _ privilege: String,
    process: ProcessNumber,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> Int {
    try use(.promote, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.promote(privilege, process: process, of: id, at: now)
    }
  }

  /// Takes a promotion back; an id that is not known changes nothing.
  package func demote(
    _ promotion: Int,
    process: ProcessNumber,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    try use(.demote, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.demote(promotion, process: process, of: id, at: now)
    }
  }

  // MARK: Web sessions

  /// When a web session ends if nobody uses it any more.
  package func expirationDate(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> WallTime {
    let wall = clock.wall
    return try use(.expirationDate, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.expiration(of: id, at: now, wall)
    }
  }

  /// In minutes.
  package func idleTimeout(
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) -> Int {
    try use(.idleTimeout, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.idleTimeout(of: id, at: now)
    }
  }

  /// In minutes; less than 60 becomes 60.
  package func setIdleTimeout(
    _ minutes: Int,
    of id: SessionID,
    for caller: SessionCaller
  ) throws(SessionRefusal) {
    try use(.setIdleTimeout, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      try table.setIdleTimeout(minutes, of: id, at: now)
    }
  }
}
