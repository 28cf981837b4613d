/// Browsers: cookies, and the sessions that they lead to.
extension OpenSessions {
  /// The session of a browser's cookie, which is used by this; `nil` for one that leads nowhere.
  package func visit(_ cookie: String) -> WebVisit? {
    let (hash, now) = (digest(cookie), clock.now)
    return look { $0.table.visit(hash, at: now) }
  }

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
    return look { $0.table.leaveWeb(hash, at: now) }
  }
}
