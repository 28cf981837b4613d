import ProjectModel
import Sessions
import Testing

@Suite struct PrivilegeTests {
  private func order(_ text: String) throws -> PrivilegeOrder {
    try PrivilegeOrder(reading: try JSONValue(reading: Array(text.utf8)))
  }

  @Test(arguments: [
    #""medium""#, #"" MEDIUM , unknown""#, #"["Medium"]"#, #"{"privileges": "medium"}"#,
    #"{"privileges": ["medium", "unknown"], "other": 1}"#, #"{"roles": "staff"}"#,
    #"{"roles": ["STAFF"], "privileges": null}"#, #"{"privileges": "simple,medium"}"#,
  ])
  func theFormsOfSetPrivileges(text: String) throws {
    let bench = Bench()
    bench.readRoles()
    let id = try bench.client().id
    try bench.sessions.setPrivileges(try order(text), of: id, for: .server)
    #expect(try bench.sessions.privileges(of: id, for: .server) == ["simple", "Medium"])
    #expect(bench.events.all == [.privilegesChanged(id)])
  }

  @Test(arguments: [
    "1", "true", "null1", "[1]", #"{"privileges": 5}"#, #"{"roles": [null]}"#, #"{"userName": 1}"#,
  ])
  func otherFormsAreRefused(text: String) {
    #expect(throws: (any Error).self) { try order(text) }
  }

  @Test func privilegesAddUpAndAreCleared() throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.setPrivileges(try order(#""viewProducts""#), of: id, for: .server)
    try sessions.setPrivileges(try order(#""simple""#), of: id, for: .hook(id))
    #expect(try sessions.privileges(of: id, for: .server) == ["simple", "viewProducts"])
    #expect(try sessions.hasPrivilege("VIEWproducts", of: id, for: .web(id)))
    #expect(try !sessions.hasPrivilege("medium", of: id, for: .web(id)))
    try sessions.clearPrivileges(of: id, for: .server)
    #expect(try sessions.privileges(of: id, for: .server) == [])
  }

  @Test func promotionsAreOneProcessesOwn() throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let one = try sessions.beginProcess(of: id, .script, name: "a")
    let two = try sessions.beginProcess(of: id, .script, name: "b")
    func promote(_ name: String, _ process: ProcessReference) throws -> Int {
      try sessions.promote(name, process: process.number, of: id, for: .server)
    }
    func has(_ name: String, _ process: ProcessReference?) throws -> Bool {
      try sessions.hasPrivilege(name, of: id, process: process?.number, for: .server)
    }
    #expect(try promote("unknown", one) == 0)
    #expect(try promote("WebAdmin", one) == 0)
    #expect(try promote("MEDIUM", one) == 1)
    #expect(try promote("medium", one) == 0)
    #expect(try promote("viewProducts", one) == 2)
    #expect(try has("simple", one))
    #expect(try !has("simple", two))
    #expect(try !has("simple", nil))
    #expect(try sessions.privileges(of: id, for: .server) == [])
    try sessions.clearPrivileges(of: id, for: .server)
    #expect(try has("medium", one))
    try sessions.demote(7, process: one.number, of: id, for: .server)
    try sessions.demote(1, process: one.number, of: id, for: .server)
    #expect(try !has("medium", one))
    #expect(try has("viewProducts", one))
    // The ids go on counting.
    #expect(try promote("medium", one) == 3)
    sessions.endProcess(one)
    #expect(throws: SessionRefusal.unknownProcess) { try has("viewProducts", one) }
  }

  @Test func webAdminIsGivenByItsOwnNameAlone() throws {
    let bench = Bench()
    bench.readRoles(
      #"""
      {"privileges": [{"privilege": "webadmin", "includes": ["all"]},
        {"privilege": "all", "includes": ["WebAdmin"]}], "permissions": {}}
      """#
    )
    let (sessions, id) = (bench.sessions, try bench.client().id)
    #expect(sessions.roles.problems.map(\.rule) == ["roles-reserved-name", "roles-reserved-name"])
    try sessions.setPrivileges(try order(#""all""#), of: id, for: .server)
    #expect(try !sessions.hasPrivilege("WebAdmin", of: id, for: .server))
    try sessions.setPrivileges(try order(#""WEBADMIN""#), of: id, for: .server)
    #expect(try sessions.hasPrivilege("webAdmin", of: id, for: .server))
    #expect(try sessions.privileges(of: id, for: .server) == ["all", "WebAdmin"])
  }

  @Test func withoutRolesNobodyHasAPrivilege() throws {
    let bench = Bench()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let web = try sessions.openWeb(address: "a").visit.session
    for file in [nil, "{", #"{"privileges": []}"#] as [String?] {
      sessions.readRoles(file.map { Array($0.utf8) })
      for session in [id, web] {
        #expect(throws: SessionRefusal.rolesClosed) {
          try sessions.setPrivileges(try order(#""WebAdmin,simple""#), of: session, for: .server)
        }
        #expect(try !sessions.hasPrivilege("WebAdmin", of: session, for: .server))
      }
      #expect(try sessions.isGuest(web, for: .web(web)))
      #expect(try !sessions.isGuest(id, for: .server))
    }
  }

  @Test func aReloadCountsAtOnceAndABrokenFileIsPassedOver() throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    try sessions.setPrivileges(
      try order(#"{"roles": "Staff", "privileges": "late"}"#),
      of: id,
      for: .server
    )
    bench.readRoles(#"{"privileges": [{"privilege": "late"}], "permissions": nonsense}"#)
    #expect(sessions.roles.condition == .kept)
    #expect(try sessions.hasPrivilege("simple", of: id, for: .server))
    bench.readRoles(
      #"""
      {"privileges": [{"privilege": "late"}, {"privilege": "new"}],
       "roles": [{"role": "staff", "privileges": ["new"]}], "permissions": {"allowed": []}}
      """#
    )
    // A name that was not declared when it was given is not had later.
    #expect(try sessions.privileges(of: id, for: .server) == ["new"])
    sessions.readRoles(nil)
    #expect(try sessions.privileges(of: id, for: .server) == [])
  }

  @Test func aReloadIsToldToWhoeverItConcerns() async throws {
    let bench = Bench()
    bench.readRoles()
    let sessions = bench.sessions
    let (seller, other) = (try bench.client("seller").id, try bench.client("other").id)
    try sessions.setPrivileges(try order(#""medium""#), of: seller, for: .server)
    let guest = try sessions.openWeb(address: "a")
    func concerned(_ old: String, _ new: String) -> Set<SessionID> {
      let before = bench.events.all.count
      bench.readRoles(Bench.roles.replacing(old, with: new))
      let told = bench.events.all.dropFirst(before).map { event in
        if case .privilegesChanged(let session) = event { session } else { guest.visit.session }
      }
      #expect(Set(told).count == told.count)
      return Set(told)
    }
    // The same in other words, and what only others may.
    #expect(concerned("Medium", "MEDIUM").isEmpty)
    #expect(concerned(#"["viewProducts"]}]"#, #"["viewProducts", "viewproducts"]}]"#).isEmpty)
    #expect(concerned(#""viewProducts", "includes": []"#, #""viewProducts""#).isEmpty)
    // More than before, less, and as much for another reason.
    #expect(concerned(#""Medium", "includes": ["simple"]"#, #""Medium""#) == [seller])
    #expect(concerned("", "") == [seller])
    #expect(concerned(#""read": ["viewProducts"]"#, #""read": ["simple"]"#) == [seller])
    #expect(concerned(#""read": ["viewProducts"]"#, #""read": ["Medium"]"#).isEmpty)
    #expect(concerned("", "") == [seller])
    // Guests may nothing as long as they have to sign in.
    #expect(concerned("}]},", #"}]}, "restrictedByDefault": true,"#) == [seller, other])
    #expect(concerned("", "") == [seller, other])
    // Whoever is no guest may what he could before.
    let login = "\"forceLogin\": true"
    #expect(concerned(login, "\"forceLogin\": false") == [guest.visit.session])
    let all: Set = [seller, other, guest.visit.session]
    sessions.readRoles(nil)
    #expect(Set(bench.events.all.suffix(3)) == Set(all.map { .privilegesChanged($0) }))
    let count = bench.events.all.count
    sessions.readRoles(nil)
    bench.readRoles("{broken")
    #expect(bench.events.all.count == count)
  }

  @Test func aPromotedProcessIsConcernedToo() throws {
    let bench = Bench()
    bench.readRoles()
    let (sessions, id) = (bench.sessions, try bench.client().id)
    let process = try sessions.beginProcess(of: id, .script, name: "a")
    _ = try sessions.promote("medium", process: process.number, of: id, for: .server)
    bench.readRoles(Bench.roles.replacing(#""Medium", "includes": ["simple"]"#, with: #""Medium""#))
    #expect(bench.events.all == [.privilegesChanged(id)])
  }

  @Test func aReloadBringsAnotherCookieToWhomItConcerns() async throws {
    let bench = Bench()
    bench.readRoles()
    let sessions = bench.sessions
    let web = try sessions.openWeb(address: "a")
    try sessions.setPrivileges(try order(#""medium""#), of: web.visit.session, for: .server)
    let (cookie, visit) = try #require(sessions.renew(web.cookie))
    #expect(!visit.needsFreshCookie)
    bench.readRoles(Bench.roles.replacing("viewProducts", with: "viewBooks"))
    #expect(sessions.visit(cookie)?.needsFreshCookie == false)
    bench.readRoles(Bench.roles.replacing("Medium", with: "Large"))
    #expect(sessions.visit(cookie)?.needsFreshCookie == true)
    let (fresh, renewed) = try #require(sessions.renew(cookie))
    #expect(fresh != cookie && !renewed.needsFreshCookie)
    bench.readRoles(Bench.roles.replacing("Medium", with: "Large"))
    #expect(sessions.visit(fresh)?.needsFreshCookie == false)
  }

  @Test func aGuestStopsBeingOneAsForceLoginSays() throws {
    for (forceLogin, afterName, afterClear) in [(true, false, false), (false, true, true)] {
      let bench = Bench()
      bench.readRoles(
        Bench.roles.replacing("\"forceLogin\": true", with: "\"forceLogin\": \(forceLogin)")
      )
      let sessions = bench.sessions
      let web = try sessions.openWeb(address: "a").visit.session
      #expect(try sessions.isGuest(web, for: .web(web)))
      #expect(try sessions.userName(of: web, for: .web(web)) == "")
      try sessions.setPrivileges(try order(#"{"userName": "Ann"}"#), of: web, for: .server)
      #expect(try sessions.isGuest(web, for: .web(web)) == afterName)
      #expect(try sessions.userName(of: web, for: .web(web)) == "Ann")
      try sessions.setPrivileges(try order(#""simple""#), of: web, for: .server)
      #expect(try !sessions.isGuest(web, for: .web(web)))
      try sessions.clearPrivileges(of: web, for: .server)
      #expect(try sessions.isGuest(web, for: .web(web)) == afterClear)
    }
  }

  @Test func aDesktopSessionKeepsItsUserName() throws {
    let bench = Bench()
    bench.readRoles()
    let id = try bench.client().id
    try bench.sessions.setPrivileges(try order(#"{"userName": "Eve"}"#), of: id, for: .server)
    #expect(try bench.sessions.userName(of: id, for: .server) == "ann")
  }
}
