/// One-time passcodes: what `$4DSID` carries from a desktop session to a browser
/// (4d-domain §9.5).
extension OpenSessions {
  /// Makes a passcode for a session: 32 hexadecimal digits, to be used once.
  ///
  /// It is nowhere else: what is kept is its hash. Its life is in seconds; where none is given 10
  /// for a desktop session, and the idle time of a web session. 4D 21 takes one for web sessions
  /// alone, 21 R4 for all, and so does this.
  ///
  /// - Returns: the passcode.
  /// - Throws: `tooManyPasscodes`, `passcodeLife`, or what the store throws.
  package func createOTP(
    of id: SessionID,
    life: Int? = nil,
    for caller: SessionCaller
  ) async throws -> String {
    let usual = try use(.createOTP, of: id, for: caller) { (table, now) throws(SessionRefusal) in
      guard let entry = table.live(id, at: now) else { throw .unknownSession }
      return entry.kind == .web ? entry.idleMinutes * 60 : Passcode.desktopLife
    }
    if let life, !(1...Passcode.longestLife).contains(life) {
      throw SessionRefusal.passcodeLife(longest: Passcode.longestLife)
    }
    let seconds = Duration.seconds(min(life ?? usual, Passcode.longestLife))
    let (text, now, wall) = (random.bits().hex, clock.now, clock.wall)
    let passcode = Passcode(
      session: id,
      made: wall,
      end: now.advanced(by: seconds),
      wallEnd: wall.advanced(by: seconds)
    )
    let isKept = try await passcodes.put(
      digest(text),
      passcode,
      most: Passcode.mostOpen,
      at: now,
      wall
    )
    guard isKept else { throw SessionRefusal.tooManyPasscodes }
    // It may have ended meanwhile, and what it had been forgotten.
    let isOpen = step { state in
      state.table.changes?.passcodesChanged()
      guard state.table.kind(of: id, at: now) != nil else { return false }
      state.figures.created += 1
      return true
    }
    guard isOpen else {
      try await passcodes.forget([id])
      throw SessionRefusal.unknownSession
    }
    return text
  }

  /// How many passcodes there were since the start.
  package var passcodeFigures: PasscodeFigures { step { $0.figures } }

  /// Takes a passcode: `Session.restore`, and a web request with `$4DSID`.
  ///
  /// The browser gets a new cookie, which leads to the passcode's session; the old one leads
  /// nowhere any more. A passcode that is used, over, unknown or whose session has ended changes
  /// nothing, and which of these it was is not said. Ten failures a minute make an address wait
  /// with further ones: a good one is honoured always, for many may share an address. A good one that
  /// the store cannot let go of, as on a full disk, is refused like any other, and stays good.
  ///
  /// - Returns: the new cookie and where it leads; `nil` for a passcode that is not valid.
  /// - Throws: `tooManyAttempts` for one that is not valid either.
  package func redeem(
    _ passcode: String,
    cookie: String?,
    address: String
  ) async throws(SessionRefusal) -> (cookie: String, visit: WebVisit)? {
    // A text of another form is looked for like the right one: the answer takes as long.
    let taken: Passcode?
    do {
      taken = try await passcodes.take(digest(passcode.uppercased()), where: isGood)
    } catch {
      step { state in
        state.figures.refused += 1
        // Whoever keeps the sessions tries, and says what is wrong.
        state.table.changes?.passcodesChanged()
      }
      return nil
    }
    let fresh = random.bits().hex
    let (hash, old) = (digest(fresh), cookie.map(digest))
    let (now, wall) = (clock.now, clock.wall)
    return try step { (state) throws(SessionRefusal) -> (cookie: String, visit: WebVisit)? in
      if let taken,
        let visit = try? state.table.joinWeb(
          taken.session,
          cookie: hash,
          replacing: old,
          since: wall.text,
          at: now
        )
      {
        state.figures.redeemed += 1
        return (fresh, visit)
      }
      state.figures.refused += 1
      if let wait = state.wrongPasscodes.begin([address], at: now) {
        throw .tooManyAttempts(wait: wait)
      }
      return nil
    }
  }

  private func isGood(_ passcode: Passcode) -> Bool {
    let (now, wall) = (clock.now, clock.wall)
    guard !passcode.isOver(at: now, wall) else { return false }
    return step { $0.table.kind(of: passcode.session, at: now) != nil }
  }
}
