import Foundation
import ProjectModel
import Sessions
import SyncServer
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct WebRuleTests {
  private static let files = [
    "index.html": "home", "login/index.html": "login", "products/index.html": "products",
    "products/list.html": "list", "products/free.html": "free", "a/b/c.html": "deep",
    "report-1.html": "report", "closed.html": "closed",
  ]

  private static let rules = """
    # What the shop shows.
    login /login/
    /login/**            guest
    /products/free.html  guest
    /products/**         viewProducts
    /report-*.html       admin
    /a/*/c.html          viewProducts

    /                    guest
    /index.html          guest
    """

  @Test func theFirstRuleCounts() async throws {
    let cases: [(path: String, guest: Int, shopper: Int)] = [
      ("/", 200, 200), ("/login/", 200, 200), ("/products/free.html", 200, 200),
      ("/products/", 403, 200), ("/products/list.html", 403, 200), ("/products", 403, 301),
      ("/PRODUCTS/list.html", 403, 404), ("/Products/free.html", 403, 404),
      ("/report-1.html", 403, 403), ("/a/b/c.html", 403, 200), ("/closed.html", 403, 403),
      ("/missing", 403, 403), ("/login/missing", 404, 404),
    ]
    try await WebFixture.with(files: Self.files, rules: Self.rules) { web async throws in
      let desktop = try web.desktop()
      let order = PrivilegeOrder(privileges: ["viewProducts"])
      try web.sessions.setPrivileges(order, of: desktop, for: .server)
      let browser = try await web.browser(in: desktop)
      for (path, guest, shopper) in cases {
        let stranger = try await web.ask("GET", path)
        #expect(stranger.status == guest, "\(path)")
        let answer = try await web.ask("GET", path, [browser])
        #expect(answer.status == shopper, "\(path)")
        guard guest == 403, shopper == 200 else { continue }
        #expect(answer["cache-control"] == "private, no-cache")
        #expect(stranger["cache-control"] == "no-store")
      }
    }
  }

  @Test func starsInsideANameStandForAnyParts() async throws {
    let cases: [(path: String, status: Int)] = [
      ("/ab-b.c", 403), ("/ab1b2b-b3.c", 403), ("/ab-.c", 404), ("/abb-b.c", 403), ("/b-b.c", 404),
      ("/ab-b.cc", 404), ("/ab-.b.c", 404), ("/ab-b", 404), ("/abxb-bb-b.c", 403),
      // Too short for all pieces, and what looks like the beginning of one.
      ("/a.c", 404), ("/ab-ab-ab.c", 404), ("/abbb-bbb-b.c", 403),
      ("/a" + String(repeating: "b-a", count: 99) + ".c", 404),
    ]
    try await WebFixture.with(files: Self.files, rules: "/a*b-b*.c admin\n/** guest\n") {
      web async throws in
      for (path, status) in cases {
        #expect(try await web.ask("GET", path).status == status, "\(path)")
      }
    }
  }

  @Test func anotherSpellingOfALetterIsTheSame() async throws {
    let rules = "/caf\u{E9}/** admin\n/stra\u{DF}e/** admin\n/desk/** admin\n/** guest\n"
    let paths = [
      "/caf%C3%A9/x", "/cafe%CC%81/x", "/CAF%C3%89/x", "/CAFE%CC%81/x", "/stra%C3%9Fe/x",
      "/STRASSE/x", "/strasse/x", "/de%C5%BFk/x", "/des%E2%84%AA/x", "/%EF%BD%84esk/x", "/Desk/x",
    ]
    try await WebFixture.with(files: Self.files, rules: rules) { web async throws in
      for path in paths { #expect(try await web.ask("GET", path).status == 403, "\(path)") }
      for path in ["/cafe/x", "/desks/x"] {
        #expect(try await web.ask("GET", path).status == 404, "\(path)")
      }
    }
  }

  @Test func aFolderDoesNotShowItsPageAroundItsRule() async throws {
    let rules = "/products/index.html viewProducts\n/** guest\n"
    try await WebFixture.with(files: Self.files, rules: rules) { web async throws in
      #expect(try await web.ask("GET", "/products/").status == 403)
      #expect(try await web.ask("GET", "/products/list.html").status == 200)
    }
  }

  @Test func aGuestsBrowserIsSentToTheLogin() async throws {
    try await WebFixture.with(files: Self.files, rules: Self.rules) { web in
      let page = "Accept: text/html,*/*"
      let answer = try await web.ask("GET", "/products/?a=1&b=2", [page])
      #expect(answer.status == 303)
      #expect(answer["location"] == "/login/?next=/products/%3Fa%3D1%26b%3D2")
      // Signing in again would not help a user who may not.
      let browser = try await web.browser(in: try web.desktop())
      let refused = try await web.ask("GET", "/products/", [page, browser])
      #expect(refused.status == 403)
      #expect(refused["content-type"] == "text/html; charset=utf-8")
    }
  }

  /// Also where the path turns out to be a folder's.
  @Test func nobodyIsSentFromTheLoginToTheLogin() async throws {
    let rules = "login /login\n/login guest\n/** admin\n"
    try await WebFixture.with(files: Self.files, rules: rules) { web async throws in
      let page = "Accept: text/html,*/*"
      let answer = try await web.ask("GET", "/closed.html", [page])
      #expect(answer["location"] == "/login?next=/closed.html")
      #expect(try await web.ask("GET", "/login?next=/", [page])["location"] == "/login/?next=/")
      for path in ["/login/", "/login/?next=/", "/login/index.html"] {
        #expect(try await web.ask("GET", path, [page]).status == 403, "\(path)")
      }
      #expect(try await web.ask("GET", "/login/else", [page]).status == 303)
    }
  }

  @Test func aMarkOfTheEncodingIsNoRule() async throws {
    try await WebFixture.with(files: Self.files, rules: "\u{FEFF}/ guest\n/** guest\n") {
      web async throws in
      #expect(try await web.ask("GET", "/").status == 200)
    }
  }

  @Test(arguments: [
    "products viewProducts", "/products/**", "/a b c", "/**/x guest", "/a/../b guest", "login",
    "login products\n/** guest", "login /login/", "login /a\nlogin /a\n/** guest",
    "login /in/\n/in/** admin\n/** guest", "login /in/\n/in/* admin\n/** guest",
    "login /in/?a=b\n/** guest", "login /in/#a\n/** guest", "", "# Nothing yet.\n\n",
    "login /a guest\n/** guest",
    "/** guest\n/a read Books", "/** guest\n/a look dataclass:Books",
    "/** guest\n/a dataclass:Books",
    "/** guest\n/a dataclass:Books read", "/** guest\n/a execute attribute:Books.cost",
    "/** guest\n/a read dataclass:Books sell", "/** guest # for now",
  ])
  func aBrokenFileLetsNobodyIn(rules: String) async throws {
    try await WebFixture.with(files: Self.files, rules: rules) { web in
      #expect(try await web.ask("GET", "/").status == 403)
      try WebFixture.save("/** guest", "web.rules", in: web.folder)
      try await web.until(200, "/")
    }
  }

  @Test func aMissingFileLetsNobodyIn() async throws {
    try await WebFixture.with(
      files: Self.files,
      configure: { $0.rules = $0.folder + "/none.rules" },
      { web in
        let answer = try await web.ask("GET", "/")
        #expect(answer.status == 403)
      }
    )
  }

  @Test func changedRulesCountAndBrokenOnesDoNot() async throws {
    try await WebFixture.with(files: Self.files, rules: "/** guest") { web in
      #expect(try await web.ask("GET", "/").status == 200)
      try WebFixture.save("/ guest\n/index.html admin\n", "web.rules", in: web.folder)
      try await web.until(403, "/")
      try WebFixture.save("/** guest\nnonsense\n", "web.rules", in: web.folder)
      // Another good one is read after the broken one, which opened nothing meanwhile.
      #expect(try await web.ask("GET", "/").status == 403)
      try WebFixture.save("/** guest\n/closed.html admin\n", "web.rules", in: web.folder)
      try await web.until(200, "/")
    }
  }

  @Test(arguments: ["", "\n", "# Soon.\n"])
  func aFileWithoutARuleLeavesThoseBefore(content: String) async throws {
    let rules = "/closed.html admin\n/** guest\n"
    try await WebFixture.with(files: Self.files, rules: rules) { web in
      try WebFixture.save(content, "web.rules", in: web.folder)
      let errors = "syncd_web_rule_errors_total"
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await web.server.metric(errors) == 0, ContinuousClock().now < limit {}
      // Once, however often it is looked at.
      #expect(try await web.server.metric(errors) == 1)
      #expect(try await web.ask("GET", "/").status == 200)
      #expect(try await web.ask("GET", "/closed.html").status == 403)
      try WebFixture.save("/closed.html guest\n", "web.rules", in: web.folder)
      try await web.until(200, "/closed.html")
      #expect(try await web.server.metric(errors) == 1)
    }
  }

  @Test(arguments: ["guest", "Guest", "GUEST"]) func everybodyIsAGuest(word: String) async throws {
    let rules = "login /login/\n/login/** \(word)\n/index.html \(word)\n/ \(word)\n"
    try await WebFixture.with(files: Self.files, rules: rules) { web async throws in
      #expect(try await web.ask("GET", "/").status == 200)
      #expect(try await web.ask("GET", "/")["cache-control"] == "no-cache")
      // As with the usual spelling it opens exactly what is written.
      #expect(try await web.ask("GET", "/INDEX.html").status == 403)
    }
  }

  @Test(arguments: [nil, "{broken"])
  func withoutGoodRolesNobodyPassesTheLogin(roles: String?) async throws {
    try await WebFixture.with(files: Self.files, rules: Self.rules, roles: roles) { web in
      let desktop = try web.desktop()
      if let roles { web.sessions.readRoles(Array(roles.utf8)) }
      #expect(throws: SessionRefusal.rolesClosed) {
        try web.sessions.setPrivileges(
          PrivilegeOrder(privileges: ["viewProducts"]),
          of: desktop,
          for: .server
        )
      }
      let browser = try await web.browser(in: desktop)
      #expect(try await web.ask("GET", "/products/", [browser]).status == 403)
      #expect(try await web.ask("GET", "/login/", [browser]).status == 200)
    }
  }
}
