import Foundation
import ProjectModel
import Sessions
import Testing

/// The questions of proxies, as nginx, Caddy and Traefik put them.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WebCheckTests {
  private static let rules = "/login/** guest\n/products/** viewProducts\n/admin/** admin\n"

  private static func withShopper(
    rules: String? = rules,
    _ body: (WebFixture, _ browser: String, _ session: SessionID) async throws -> Void
  ) async throws {
    try await WebFixture.with(rules: rules) { web in
      let desktop = try web.desktop("Zoë %")
      let order = PrivilegeOrder(privileges: ["viewProducts"])
      try web.sessions.setPrivileges(order, of: desktop, for: .server)
      try await body(web, try await web.browser(in: desktop), desktop)
    }
  }

  @Test func theRulesDecideForTheAddress() async throws {
    let cases: [(uri: String, guest: Int, shopper: Int)] = [
      ("/login/", 204, 204), ("/products/list?x=1", 401, 204), ("/admin/", 401, 403),
      ("/ADMIN/", 401, 403), ("/other", 401, 403), ("/login/../admin/", 401, 403),
      ("/login/%2e%2e/admin/", 401, 403), ("/login/..%2fadmin", 401, 403),
      ("/login//../admin", 401, 403), ("https://shop.example/products/", 401, 204),
    ]
    try await Self.withShopper { web, browser, _ async throws in
      for (uri, guest, shopper) in cases {
        for name in ["X-Original-URI", "X-Forwarded-Uri"] {
          let fields = ["\(name): \(uri)"]
          #expect(try await web.ask("GET", "/_session/check", fields).status == guest, "\(uri)")
          #expect(
            try await web.ask("GET", "/_session/check", fields + [browser]).status == shopper,
            "\(uri)"
          )
        }
      }
    }
  }

  @Test func aPrivilegeInTheQuestionDecides() async throws {
    let cases: [(query: String, guest: Int, shopper: Int)] = [
      ("privilege=viewProducts", 401, 204), ("privilege=VIEWPRODUCTS", 401, 204),
      ("privilege=admin", 401, 403), ("privilege=viewProducts&privilege=admin", 401, 403),
      ("privilege=", 401, 403), ("privilege=unknown", 401, 403), ("", 400, 400),
    ]
    try await Self.withShopper { web, browser, _ async throws in
      for (query, guest, shopper) in cases {
        let path = "/_session/check?\(query)"
        #expect(try await web.ask("GET", path).status == guest, "\(query)")
        #expect(try await web.ask("GET", path, [browser]).status == shopper, "\(query)")
      }
    }
  }

  /// With what 4D's own page on roles has, and a privilege to sell.
  private static let bookshop = #"""
    {"privileges": [{"privilege": "viewBooks"}, {"privilege": "sell", "includes": ["viewBooks"]},
       {"privilege": "prices"}],
     "permissions": {"allowed": [
       {"applyTo": "ds", "type": "datastore", "read": ["sell"]},
       {"applyTo": "Books", "type": "dataclass", "read": ["viewBooks"], "update": ["sell"]},
       {"applyTo": "Books.cost", "type": "attribute", "read": ["prices"]},
       {"applyTo": "Books.order", "type": "method", "execute": ["sell"]}]},
     "restrictedByDefault": RESTRICTED, "forceLogin": FORCE}
    """#

  private static func withReader(
    restricted: Bool = true,
    forceLogin: Bool = true,
    rules: String? = nil,
    _ body: (WebFixture, _ reader: String) async throws -> Void
  ) async throws {
    let roles = bookshop.replacing("RESTRICTED", with: "\(restricted)")
      .replacing("FORCE", with: "\(forceLogin)")
    try await WebFixture.with(rules: rules, roles: roles) { web in
      let desktop = try web.desktop()
      let order = PrivilegeOrder(privileges: ["viewBooks"])
      try web.sessions.setPrivileges(order, of: desktop, for: .server)
      try await body(web, try await web.browser(in: desktop))
    }
  }

  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
  func permissionsDecideAboutAResource(restricted: Bool, forceLogin: Bool) async throws {
    // What nobody has said anything about is open to all but guests that have to sign in.
    let open = restricted ? 403 : 204
    let openToGuests = restricted || forceLogin ? 401 : 204
    let cases: [(query: String, guest: Int, reader: Int)] = [
      ("resource=dataclass:Books&action=read", 401, 204),
      ("resource=dataclass:BOOKS&action=read", 401, 204),
      ("action=read&resource=dataclass%3ABooks", 401, 204),
      ("resource=dataclass:Books&action=update", 401, 403),
      ("resource=dataclass:Books&action=read&action=update", 401, 403),
      ("resource=dataclass:Books&action=create", openToGuests, open),
      ("resource=dataclass:Other&action=read", 401, 403),
      ("resource=datastore:ds&action=read", 401, 403),
      ("resource=attribute:Books.cost&action=read", 401, 403),
      ("resource=attribute:Books.title&action=read", 401, 204),
      ("resource=method:Books.order&action=execute", 401, 403),
      ("resource=method:ds.other&action=execute", openToGuests, open),
      (
        "resource=method:ds.authentify&action=execute", forceLogin ? 204 : openToGuests,
        forceLogin ? 204 : open
      ),
      ("resource=singleton:Shop&action=execute", openToGuests, open),
      ("resource=dataclass:Books&action=read&privilege=viewbooks", 401, 204),
      ("resource=dataclass:Books&action=read&privilege=sell", 401, 403),
      ("resource=dataclass:Books&resource=dataclass:Other&action=read", 401, 403),
      ("resource=dataclass:Books&action=read&privilege=Guest", 401, 204),
    ]
    try await Self.withReader(restricted: restricted, forceLogin: forceLogin) {
      web,
      reader async throws in
      for (query, guest, known) in cases {
        let path = "/_session/check?\(query)"
        #expect(try await web.ask("GET", path).status == guest, "\(query)")
        #expect(try await web.ask("GET", path, [reader]).status == known, "\(query)")
        // Nobody opens a session for this one.
        let unseen = try await web.ask("GET", path, ["X-Original-Method: HEAD"])
        #expect(unseen.status == guest, "\(query)")
      }
      web.sessions.readRoles(nil)
      let closed = try await web.ask("GET", "/_session/check?\(cases[0].query)", [reader])
      #expect(closed.status == 403)
    }
  }

  @Test func aQuestionThatCannotBeReadIsRefused() async throws {
    let queries = [
      "resource=dataclass:Books", "action=read", "resource=Books&action=read",
      "resource=dataclass:Books&action=look", "resource=dataclass:Books&action=",
      "resource=&action=read", "resource=attribute:Books.cost&action=execute",
      "resource=method:Books.order&action=read", "resource=dataclass:A.b&action=read",
      "resource=table:Books&action=read", "resource=dataclass:%zz&action=read",
      "privilege=%zz", "privilege", "privileges=admin", "Privilege=admin", "a=1",
      "privilege=viewBooks&resource=dataclass:Books", "login=in&privilege=sell",
      "login=/a&login=/b&privilege=sell", "resource=dataclass:%ff&action=read",
    ]
    try await Self.withReader { web, reader async throws in
      for query in queries {
        let answer = try await web.ask("GET", "/_session/check?\(query)", [reader])
        #expect(answer.status == 400, "\(query)")
        #expect(answer.text.hasSuffix(".\n") && answer.text.first?.isUppercase == true, "\(query)")
      }
    }
  }

  @Test func aQuestionThatAsksForTooMuchIsRefused() async throws {
    func several(_ name: String, _ count: Int, _ value: (Int) -> String) -> String {
      (0..<count).map { "\(name)=\(value($0))" }.joined(separator: "&")
    }
    let (books, privilege) = ("resource=dataclass:Books", "privilege=viewBooks")
    let cases: [(query: String, status: Int)] = [
      (several("privilege", 32) { "p\($0)" }, 403), (several("privilege", 33) { "p\($0)" }, 400),
      (several("resource", 16) { "dataclass:B\($0)" } + "&action=create&action=read", 403),
      (several("resource", 17) { "dataclass:B\($0)" } + "&action=create&action=read", 400),
      (several("resource", 32) { "dataclass:B\($0)" } + "&action=read&\(privilege)", 400),
      (several("resource", 400) { "dataclass:B\($0)" }, 400),
      (several("action", 700) { "a\($0)" }, 400),
      // The same again is no more.
      (several("privilege", 200) { _ in "viewBooks" } + "&\(books)&action=read", 204),
      (
        several("action", 200) { _ in "read" } + "&"
          + several("resource", 100) { _ in "dataclass:Books" }, 204
      ),
      (
        several("resource", 300) { _ in "dataclass:B" } + "&" + several("action", 500) { "\($0)" },
        400
      ),
    ]
    try await Self.withReader { web, reader async throws in
      for (query, status) in cases {
        let answer = try await web.ask("GET", "/_session/check?\(query)", [reader])
        #expect(answer.status == status, "\(query)")
        if status == 400 { #expect(answer.text.hasSuffix(".\n"), "\(query)") }
      }
      let answer = try await web.ask("GET", "/_session/check?\(cases[1].query)", [reader])
      #expect(answer.text.contains("at most 32"))
    }
  }

  @Test func aRuleMapsAPathToAResource() async throws {
    let rules = """
      /login/**        GUEST
      /rest/Books/**   read dataclass:Books
      /rest/Other/**   read dataclass:Other
      /**              update dataclass:Books
      """
    try await Self.withReader(rules: rules) { web, reader async throws in
      for (uri, guest, known) in [
        ("/login/", 204, 204), ("/rest/Books/1", 401, 204), ("/REST/books/1", 401, 204),
        ("/rest/Other/1", 401, 403), ("/else", 401, 403),
      ] {
        let field = "X-Original-URI: \(uri)"
        #expect(try await web.ask("GET", "/_session/check", [field]).status == guest, "\(uri)")
        let answer = try await web.ask("GET", "/_session/check", [field, reader])
        #expect(answer.status == known, "\(uri)")
      }
    }
  }

  @Test func aCommaInANamePartsNoNames() async throws {
    let roles = #"""
      {"privileges": [{"privilege": "a,b%"}, {"privilege": "c d"}],
      "permissions": {"allowed": []}}
      """#
    try await WebFixture.with(roles: roles) { web in
      let desktop = try web.desktop("ann,bob")
      let order = PrivilegeOrder(privileges: ["a,b%", "c d"])
      try web.sessions.setPrivileges(order, of: desktop, for: .server)
      let answer = try await web.ask("GET", "/_session/check", [try await web.browser(in: desktop)])
      #expect(answer["syncd-privileges"] == "a%2Cb%25,c d")
      #expect(answer["syncd-user"] == "ann,bob")
    }
  }

  @Test func theAnswerSaysWhoItIs() async throws {
    try await Self.withShopper(rules: nil) { web, browser, session in
      let known = try await web.ask("GET", "/_session/check", [browser])
      #expect(known.status == 204)
      #expect(known["syncd-session"] == session.text)
      #expect(known["syncd-session-type"] == "remote")
      #expect(known["syncd-user"] == "Zo%C3%AB %25")
      #expect(known["syncd-privileges"] == "viewProducts")
      #expect(known["cache-control"] == "no-store")
      #expect(known["set-cookie"] == nil)
      let guest = try await web.ask("GET", "/_session/check")
      #expect(guest.status == 204)
      #expect(guest["syncd-session-type"] == "web")
      #expect(guest["syncd-user"] == "")
      #expect(guest["syncd-privileges"] == "")
      let cookie = "Cookie: \(try #require(guest.cookie))"
      let again = try await web.ask("GET", "/_session/check", [cookie])
      #expect(again["syncd-session"] == guest["syncd-session"])
      #expect(again["set-cookie"] == nil)
    }
  }

  @Test func aGuestIsToldHowToSignIn() async throws {
    try await Self.withShopper { web, browser, _ in
      let path = "/_session/check?privilege=admin"
      let refused = try await web.ask("GET", path)
      #expect(refused["www-authenticate"] == "Cookie cookie-name=\"4DSID_Shop\"")
      #expect(refused.cookie != nil)
      let sent = try await web.ask("GET", path + "&login=/login/")
      #expect(sent.status == 303)
      #expect(sent["location"] == "/login/")
      #expect(try await web.ask("GET", path + "&login=/login/", [browser]).status == 403)
      let elsewhere = try await web.ask("GET", path + "&login=//evil.example/")
      #expect(elsewhere["location"] == "/evil.example/")
    }
  }

  @Test func twoAddressesAreOneTooMany() async throws {
    try await Self.withShopper { web, browser, _ async throws in
      let fields = [browser, "X-Original-URI: /login/", "X-Forwarded-Uri: /admin/"]
      #expect(try await web.ask("GET", "/_session/check", fields).status == 403)
      let twice = [browser, "X-Forwarded-Uri: /login/", "X-Forwarded-Uri: /admin/"]
      #expect(try await web.ask("GET", "/_session/check", twice).status == 403)
    }
  }

  @Test func aPasscodeBehindAProxyIsRedeemed() async throws {
    try await Self.withShopper { web, _, session in
      let passcode = try await web.passcode(of: session)
      let uri = "X-Forwarded-Uri: /products/?$4DSID=\(passcode)&a=1"
      for other in ["X-Forwarded-Method: HEAD", "X-Forwarded-Method: POST"] {
        let answer = try await web.ask("GET", "/_session/check", [uri, other])
        #expect(answer.status == 401, "\(other)")
      }
      #expect(
        try await web.ask("GET", "/_session/check", [uri, "Sec-Purpose: prefetch"]).status == 503
      )
      let answer = try await web.ask("GET", "/_session/check", [uri, "X-Forwarded-Method: GET"])
      #expect(answer.status == 303)
      #expect(answer["location"] == "/products/?a=1")
      let browser = "Cookie: \(try #require(answer.cookie))"
      let allowed = ["X-Forwarded-Uri: /products/?a=1", browser]
      #expect(try await web.ask("GET", "/_session/check", allowed).status == 204)
    }
  }

  @Test func aPageOfAnotherOriginMaySendItsFormToTheProxy() async throws {
    try await Self.withShopper { web, browser, _ async throws in
      let fields = [
        browser, "X-Original-URI: /products/", "Origin: https://shop.example",
        "Sec-Fetch-Site: cross-site",
      ]
      #expect(try await web.ask("GET", "/_session/check", fields).status == 204)
    }
  }

  @Test func aQuestionThatNobodySeesOpensNoSession() async throws {
    try await WebFixture.with { web in
      for field in ["X-Original-Method: HEAD", "Sec-Purpose: prefetch"] {
        let answer = try await web.ask("GET", "/_session/check", [field])
        #expect(answer.status == 204)
        #expect(answer["syncd-session"] == "")
        #expect(answer["set-cookie"] == nil)
      }
      #expect(web.sessions.count(.web) == 0)
    }
  }
}
