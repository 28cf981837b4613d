package import ProjectModel

/// Privileges restrict web requests alone; a desktop session carries them for the browsers that
/// share it (4d-domain §9.1).
extension SessionTable {
  /// What decides about the rights of the sessions that browsers can be in.
  var rightsHolders: Set<RightsHolder> { Set(entries.values.compactMap(\.rightsHolder)) }

  /// Goes by other roles from now on; `change` says what they mean for whom.
  ///
  /// - Returns: the sessions whose web requests may do something else now; their browsers need
  ///   other cookies.
  mutating func replaceRoles(with roles: RolesInForce, _ change: inout RightsChange) -> [SessionID]
  {
    self.roles = roles
    guard !change.isEmpty else { return [] }
    var changed: [SessionEntry] = []
    for entry in entries.values {
      if let holder = entry.rightsHolder, change.concerns(holder) { changed.append(entry) }
    }
    for entry in changed {
      staleCookies(of: entry)
      changes?.changed(entry)
    }
    return changed.map(\.session.id)
  }

  /// Adds privileges and roles to a session; names that are not declared are ignored.
  ///
  /// - Throws: `rolesClosed`, or `noSeat` when a guest needs one; 4D answers False then.
  package mutating func setPrivileges(
    _ order: PrivilegeOrder,
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) {
    guard var entry = live(id, at: now) else { throw .unknownSession }
    guard !roles.roles.isClosed else { throw .rolesClosed }
    let wasGuest = isGuest(entry)
    roles.roles.grant(order, to: &entry.grants)
    entry.isSignedIn = true
    if entry.kind == .web, let name = order.userName { entry.session.rename(name) }
    if wasGuest, !isGuest(entry), !hasSeat { throw .noSeat }
    entries[id] = entry
    staleCookies(of: entry)
    changes?.changed(entry)
  }

  /// Takes all privileges but the promoted ones from a session.
  package mutating func clearPrivileges(
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    entries[id]?.grants = PrivilegeGrants()
    staleCookies(of: entry)
    changes?.changed(entry)
  }

  /// The names that a session has, with all that they include and without what is promoted.
  package func privileges(of id: SessionID, at now: Instant) throws(SessionRefusal) -> [String] {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    return roles.roles.names(of: entry.grants)
  }

  /// Whether a session, or the process that asks, has a privilege.
  package func hasPrivilege(
    _ name: String,
    of id: SessionID,
    process: ProcessNumber?,
    at now: Instant
  ) throws(SessionRefusal) -> Bool {
    roles.roles.contains(name, in: try grants(of: id, process: process, at: now))
  }

  /// Whether the permissions of `roles.json` let a web request of the session, or of one of its
  /// processes, do something.
  package func allows(
    _ wanted: ResourceAction,
    of id: SessionID,
    process: ProcessNumber?,
    at now: Instant
  ) throws(SessionRefusal) -> Bool {
    let grants = try grants(of: id, process: process, at: now)
    return roles.roles.allows(wanted, holding: grants, isGuest: try isGuest(id, at: now))
  }

  private func grants(
    of id: SessionID,
    process: ProcessNumber?,
    at now: Instant
  ) throws(SessionRefusal) -> PrivilegeGrants {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    guard let process else { return entry.grants }
    guard let process = entry.process(process) else { throw .unknownProcess }
    return entry.grants.union(process.promoted)
  }

  /// Gives a process a privilege for a while.
  ///
  /// - Returns: the id to take it back with; 0 when `roles.json` does not declare it or the process
  ///   has it already.
  package mutating func promote(
    _ privilege: String,
    process: ProcessNumber,
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) -> Int {
    guard live(id, at: now) != nil else { throw .unknownSession }
    guard entries[id]?.process(process) != nil else { throw .unknownProcess }
    guard roles.roles.declares(privilege: privilege) else { return 0 }
    return try entries[id]?.change(process) { $0.promote(privilege) } ?? 0
  }

  /// Takes a promotion back; an id that is not known changes nothing.
  package mutating func demote(
    _ promotion: Int,
    process: ProcessNumber,
    of id: SessionID,
    at now: Instant
  ) throws(SessionRefusal) {
    guard live(id, at: now) != nil else { throw .unknownSession }
    try entries[id]?.change(process) { $0.demote(promotion) }
  }

  /// Whether a session is a web session that nobody has signed in to.
  package func isGuest(_ id: SessionID, at now: Instant) throws(SessionRefusal) -> Bool {
    guard let entry = live(id, at: now) else { throw .unknownSession }
    return isGuest(entry)
  }

  func isGuest(_ entry: SessionEntry) -> Bool {
    entry.kind == .web && roles.roles.isGuest(holding: entry.grants, isSignedIn: entry.isSignedIn)
  }

  /// How many web sessions nobody has signed in to.
  package var guests: Int { entries.values.count { $0.kind == .web && isGuest($0) } }

  // MARK: Seats

  /// How many seats are taken: one a client, and one a browser that has signed in to a session of
  /// its own.
  ///
  /// A browser in a desktop session sits on that one's (4d-domain §9.5).
  package var seatsTaken: Int {
    count(.remote) + entries.values.count { $0.kind == .web && !isGuest($0) }
  }

  var hasSeat: Bool { limits.seats.map { seatsTaken < $0 } ?? true }
}

extension SessionEntry {
  /// `nil` for the session of all server-side work: no browser is ever in it.
  fileprivate var rightsHolder: RightsHolder? {
    guard kind != .storedProcedure else { return nil }
    return RightsHolder(
      grants: grants,
      promoted: processes.map(\.promoted),
      isWeb: kind == .web,
      isSignedIn: isSignedIn
    )
  }
}
