import ProjectModel
import Sessions
import Testing

@Suite struct WebSessionTests {
  @Test func aGuestSessionIdlesOut() throws {
    let bench = Bench()
    let sessions = bench.sessions
    let web = try sessions.openWeb(address: "10.0.0.9")
    let id = web.visit.session
    #expect(try sessions.idleTimeout(of: id, for: .web(id)) == 60)
    bench.clock.advance(.seconds(1800))
    let expiration = try sessions.expirationDate(of: id, for: .web(id))
    #expect(expiration.text == "2026-01-02T04:04:05.006Z")
    #expect(sessions.visit(web.cookie) == web.visit)
    #expect(try sessions.expirationDate(of: id, for: .web(id)).text == "2026-01-02T04:34:05.006Z")
    try sessions.setIdleTimeout(5, of: id, for: .server)
    #expect(try sessions.idleTimeout(of: id, for: .server) == 60)
    try sessions.setIdleTimeout(90, of: id, for: .server)
    #expect(try sessions.expirationDate(of: id, for: .web(id)).text == "2026-01-02T05:04:05.006Z")
    bench.clock.advance(.seconds(90 * 60) - .milliseconds(1))
    #expect(sessions.visit(web.cookie) != nil)
    bench.clock.advance(.seconds(90 * 60))
    #expect(sessions.visit(web.cookie) == nil)
    #expect(sessions.expire().map(\.id) == [id])
  }

  @Test func aCookieIsMadeHere() throws {
    let bench = Bench()
    let sessions = bench.sessions
    #expect(sessions.visit("0123456789ABCDEF0123456789ABCDEF") == nil)
    let (one, two) = (try sessions.openWeb(address: "a"), try sessions.openWeb(address: "a"))
    #expect(one.cookie != two.cookie && one.visit.session != two.visit.session)
    #expect(one.cookie != one.visit.session.text)
  }

  @Test func aSharedSessionLivesAndDiesWithItsClient() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    let joined = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
    #expect(sessions.processes(of: id).map(\.kind) == [.client, .web])
    // A page that asks again and again does not keep a lost client's session.
    for _ in 0..<8 {
      bench.clock.advance(.seconds(10))
      #expect(sessions.visit(joined.cookie) != nil)
    }
    bench.clock.advance(.seconds(10))
    #expect(sessions.visit(joined.cookie) == nil)
    #expect(sessions.browsers == 1)
    #expect(sessions.expire().map(\.id) == [id])
    #expect(sessions.browsers == 0)
  }

  @Test func aBrowserThatComesNoMoreLeavesASharedSession() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    sessions.useBegan(id)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    let joined = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
    bench.clock.advance(.seconds(3599))
    #expect(sessions.expire() == [])
    #expect(sessions.processes(of: id).count == 2)
    bench.clock.advance(.seconds(1))
    #expect(sessions.visit(joined.cookie) == nil)
    #expect(sessions.processes(of: id).map(\.kind) == [.client])
  }

  @Test func theServersScriptsThrowNoBrowserOut() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    for number in 0..<64 { _ = try sessions.beginProcess(of: id, .script, name: "s\(number)") }
    var cookies: [String] = []
    // The client has a connection, and the browsers have the other places.
    for _ in 0..<63 {
      let passcode = try await sessions.createOTP(of: id, for: .server)
      let joined = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
      cookies.append(joined.cookie)
      bench.clock.advance(.milliseconds(1))
    }
    #expect(cookies.allSatisfy { sessions.visit($0) != nil })
    bench.clock.advance(.milliseconds(1))
    for cookie in cookies.dropFirst() { _ = sessions.visit(cookie) }
    let passcode = try await sessions.createOTP(of: id, for: .server)
    _ = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
    #expect(sessions.visit(cookies[0]) == nil)
    #expect(cookies.dropFirst().allSatisfy { sessions.visit($0) != nil })
  }

  @Test func leavingEndsTheOwnSessionAndNotASharedOne() async throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let own = try sessions.openWeb(address: "a")
    #expect(sessions.leaveWeb(own.cookie)?.id == own.visit.session)
    #expect(sessions.visit(own.cookie) == nil)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    let joined = try #require(try await sessions.redeem(passcode, cookie: nil, address: "a"))
    #expect(sessions.leaveWeb(joined.cookie) == nil)
    #expect(sessions.visit(joined.cookie) == nil)
    #expect(try sessions.info(of: id, for: .server).state == "active")
  }

  @Test func seatsAreForClientsAndForBrowsersThatSignedIn() async throws {
    let bench = Bench(limits: SessionLimits(seats: 2))
    bench.readRoles()
    let sessions = bench.sessions
    let first = try bench.client("ann")
    let guests = try (0..<5).map { try sessions.openWeb(address: "10.0.0.\($0)") }
    #expect(sessions.seatsTaken == 1)
    let order = PrivilegeOrder(privileges: ["simple"], userName: "Web")
    try sessions.setPrivileges(order, of: guests[0].visit.session, for: .server)
    #expect(sessions.seatsTaken == 2)
    #expect(throws: SessionRefusal.noSeat) { try bench.client("bob") }
    #expect(throws: SessionRefusal.noSeat) {
      try sessions.setPrivileges(order, of: guests[1].visit.session, for: .server)
    }
    #expect(try sessions.isGuest(guests[1].visit.session, for: .server))
    #expect(try sessions.userName(of: guests[1].visit.session, for: .server) == "")
    // Who has one can be given more.
    try sessions.setPrivileges(order, of: guests[0].visit.session, for: .server)
    // A browser in a client's session sits on the client's seat.
    let passcode = try await sessions.createOTP(of: first.id, for: .server)
    _ = try #require(
      try await sessions.redeem(passcode, cookie: guests[2].cookie, address: "10.0.0.2")
    )
    try sessions.setPrivileges(order, of: first.id, for: .server)
    #expect(sessions.seatsTaken == 2)
    sessions.leaveWeb(guests[0].cookie)
    _ = try bench.client("bob")
    #expect(sessions.seatsTaken == 2)
  }

  @Test func requestsWithoutACookieCrowdOutOnlyEmptyGuests() throws {
    let bench = Bench(limits: SessionLimits(mostWebSessions: 20))
    bench.readRoles()
    let sessions = bench.sessions
    let signedIn = try sessions.openWeb(address: "a")
    let filled = try sessions.openWeb(address: "a")
    try sessions.setPrivileges(PrivilegeOrder(), of: signedIn.visit.session, for: .server)
    try sessions.patchStorage(
      of: filled.visit.session,
      with: try bench.json(#"{"a":1}"#),
      for: .server
    )
    for _ in 0..<200 {
      bench.clock.advance(.milliseconds(1))
      _ = try sessions.openWeb(address: "flood")
    }
    #expect(sessions.count(.web) <= 20)
    #expect(sessions.visit(signedIn.cookie) != nil)
    #expect(sessions.visit(filled.cookie) != nil)
  }

  @Test func aChangeOfPrivilegesChangesTheCookie() throws {
    let bench = Bench()
    bench.readRoles()
    let sessions = bench.sessions
    let fixed = try sessions.openWeb(address: "a")
    let id = fixed.visit.session
    #expect(!fixed.visit.needsFreshCookie && sessions.renew(fixed.cookie) == nil)
    let order = PrivilegeOrder(privileges: ["viewProducts"], userName: "Web")
    try sessions.setPrivileges(order, of: id, for: .server)
    #expect(sessions.visit(fixed.cookie)?.needsFreshCookie == true)
    let fresh = try #require(sessions.renew(fixed.cookie))
    #expect(fresh.cookie != fixed.cookie)
    // 4D's id is the session's and stays.
    #expect(fresh.visit.session == id && !fresh.visit.needsFreshCookie)
    #expect(sessions.visit(fresh.cookie) == fresh.visit)
    #expect(sessions.browsers == 1)
    // Requests that were under way, and nobody later.
    bench.clock.advance(.seconds(5) - .milliseconds(1))
    #expect(sessions.visit(fixed.cookie) == fresh.visit)
    #expect(sessions.renew(fixed.cookie) == nil)
    bench.clock.advance(.milliseconds(1))
    #expect(sessions.visit(fixed.cookie) == nil)
    #expect(sessions.expire() == [])
    #expect(sessions.visit(fresh.cookie) == fresh.visit)
    try sessions.clearPrivileges(of: id, for: .server)
    let last = try #require(sessions.renew(fresh.cookie))
    // Whoever leaves with the one before leaves.
    #expect(sessions.leaveWeb(fresh.cookie)?.id == id)
    #expect(sessions.visit(last.cookie) == nil)
  }

  @Test func aPasscodeReplacesWhatAStaleCookieBecame() async throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let guest = try sessions.openWeb(address: "a")
    try sessions.setPrivileges(PrivilegeOrder(), of: guest.visit.session, for: .server)
    let fresh = try #require(sessions.renew(guest.cookie))
    let passcode = try await sessions.createOTP(of: id, for: .server)
    let joined = try #require(
      try await sessions.redeem(passcode, cookie: guest.cookie, address: "a")
    )
    #expect(joined.visit.session == id)
    #expect(sessions.visit(guest.cookie) == nil && sessions.visit(fresh.cookie) == nil)
  }

  @Test func aSignedInSessionThatItsBrowserLeavesHoldsNoSeat() async throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let own = try sessions.openWeb(address: "a")
    let order = PrivilegeOrder(privileges: ["viewProducts"])
    try sessions.setPrivileges(order, of: own.visit.session, for: .server)
    #expect(sessions.seatsTaken == 2)
    let passcode = try await sessions.createOTP(of: id, for: .server)
    #expect(try await sessions.redeem(passcode, cookie: own.cookie, address: "a") != nil)
    #expect(sessions.seatsTaken == 1)
    #expect(sessions.count(.web) == 0)
  }

  @Test func aSignedInSessionStaysForItsOtherBrowser() async throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let own = try sessions.openWeb(address: "a")
    let order = PrivilegeOrder(privileges: ["viewProducts"])
    try sessions.setPrivileges(order, of: own.visit.session, for: .server)
    let second = try await sessions.createOTP(of: own.visit.session, for: .server)
    let other = try #require(try await sessions.redeem(second, cookie: nil, address: "b"))
    let passcode = try await sessions.createOTP(of: id, for: .server)
    #expect(try await sessions.redeem(passcode, cookie: own.cookie, address: "a") != nil)
    #expect(sessions.visit(other.cookie)?.session == own.visit.session)
  }
}
