/// Browsers: cookies, and the sessions that they lead to.
extension OpenSessions {
  /// How many browsers are in sessions.
  package var browsers: Int { step { $0.table.browsers } }

  /// The session of a browser's cookie, which is used by this; `nil` for one that leads nowhere.
  package func visit(_ cookie: String) -> WebVisit? {
    let (hash, now) = (digest(cookie), clock.now)
    return step { $0.table.visit(hash, at: now) }
  }

  /// Replaces a cookie that is stale; the old one leads to the session for a few seconds more, for
  /// requests that were under way.
  ///
  /// - Returns: the new cookie; `nil` when there is nothing to replace.
  package func renew(_ cookie: String) -> (cookie: String, visit: WebVisit)? {
    let fresh = random.bits().hex
    let (old, hash, now) = (digest(cookie), digest(fresh), clock.now)
    return step { $0.table.renew(old, as: hash, at: now) }.map { (fresh, $0) }
  }

  /// Whether a browser is still in the session that it was found in, and by the same cookie; this is
  /// no use of either.
  package func presence(of visit: WebVisit, by cookie: String) -> WebPresence {
    let (hash, now) = (digest(cookie), clock.now)
    return step { $0.table.presence(of: visit, by: hash, at: now) }
  }

  /// How many web sessions nobody has signed in to.
  package var guests: Int { step { $0.table.guests } }

  /// Opens a guest session for a browser without one.
  ///
  /// - Returns: its cookie, which is made here and never taken from a request.
  /// - Throws: `tooManySessions`.
  package func openWeb(address: String) throws(SessionRefusal) -> (cookie: String, visit: WebVisit)
  {
    let cookie = random.bits().hex
    let session = OpenSession(
      id: newID(),
      kind: .web,
      userName: "",
      machineName: "",
      systemUserName: "",
      since: clock.wall.text,
      isDeveloper: false,
      address: address
    )
    let (hash, now) = (digest(cookie), clock.now)
    let visit = try step { (state) throws(SessionRefusal) in
      try state.table.openWeb(session, cookie: hash, at: now)
    }
    return (cookie, visit)
  }

  /// A browser leaves its session: one of its own ends with its storage, a shared one goes on.
  ///
  /// - Returns: the session that has ended.
  @discardableResult
  package func leaveWeb(_ cookie: String) -> OpenSession? {
    let (hash, now) = (digest(cookie), clock.now)
    return step { $0.table.leaveWeb(hash, at: now) }
  }
}
