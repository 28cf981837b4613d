import Foundation
import ProjectModel
import Sessions
import SyncProtocol
import Testing

/// Another cookie after each change of what a session may do, on whatever the browser asks next.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WebRotationTests {
  private static let order = PrivilegeOrder(privileges: ["viewProducts"], userName: "Web")

  /// A browser whose cookie was known to somebody before it signed in.
  private static func signIn(_ web: WebFixture) async throws -> (fixed: String, id: String) {
    let answer = try await web.ask("GET", "/_session")
    let session = try answer.json(SessionAnswer.self).info.ID
    let id = try #require(SessionID(text: session))
    try web.sessions.setPrivileges(order, of: id, for: .server)
    return ("Cookie: " + (try #require(answer.cookie)), session)
  }

  @Test(arguments: [
    ("/_session", 200), ("/_session/storage", 200), ("/products.txt", 200), ("/admin.txt", 403),
    ("/_session/check?privilege=viewProducts", 204), ("/_session/check?privilege=admin", 403),
  ])
  func theNextAnswerBringsAnotherCookie(path: String, status: Int) async throws {
    try await WebFixture.with(
      files: ["products.txt": "7 books", "admin.txt": "8 books"],
      rules: "/products.txt viewProducts\n/admin.txt admin\n"
    ) { web in
      let (fixed, id) = try await Self.signIn(web)
      let answer = try await web.ask("GET", path, [fixed])
      #expect(answer.status == status)
      let cookie = "Cookie: " + (try #require(answer.cookie))
      #expect(cookie != fixed)
      #expect(answer["set-cookie"]?.contains("HttpOnly") == true)
      #expect(answer["cache-control"]?.contains("no-store") == true || path == "/products.txt")
      // What 4D calls the session's id is not the cookie, and stays.
      let again = try await web.ask("GET", "/_session", [cookie])
      #expect(try again.json(SessionAnswer.self).info.ID == id)
      #expect(again["set-cookie"] == nil)
      // A request that was under way with the old one is in the session, and gets no cookie.
      let late = try await web.ask("GET", "/_session", [fixed])
      #expect(try late.json(SessionAnswer.self).info.ID == id)
      #expect(late["set-cookie"] == nil)
    }
  }

  @Test func aPageWithACookieIsForNoSharedCache() async throws {
    try await WebFixture.with { web in
      let (fixed, _) = try await Self.signIn(web)
      let answer = try await web.ask("GET", "/", [fixed])
      #expect(answer.cookie != nil)
      #expect(answer["cache-control"] == "private, no-cache")
      let next = try await web.ask("GET", "/", ["Cookie: " + (try #require(answer.cookie))])
      #expect(next["cache-control"] == "no-cache" && next["set-cookie"] == nil)
    }
  }

  @Test func aReloadOfTheRolesBringsAnotherCookie() async throws {
    try await WebFixture.with { web in
      let (fixed, id) = try await Self.signIn(web)
      var cookie = try #require(try await web.ask("GET", "/_session", [fixed]).cookie)
      for (old, new, isNew) in [
        ("\"roles\": [],", "", false), ("admin", "boss", false),
        ("viewProducts", "seeProducts", true),
        ("true, \"forceLogin\"", "false, \"forceLogin\"", true),
      ] {
        let roles = WebFixture.roles.replacing(old, with: new)
        web.sessions.readRoles(Array(roles.utf8))
        let answer = try await web.ask("GET", "/_session", ["Cookie: " + cookie])
        #expect((answer.cookie != nil) == isNew, "\(new)")
        #expect(try answer.json(SessionAnswer.self).info.ID == id)
        cookie = answer.cookie ?? cookie
      }
    }
  }

  @Test func theFiguresCountBrowsersAndPasscodes() async throws {
    try await WebFixture.with(rules: "/login guest\n/** viewProducts\n") { web in
      _ = try await Self.signIn(web)
      _ = try await web.ask("GET", "/_session")
      let desktop = try web.desktop()
      let browser = try await web.browser(in: desktop)
      try web.sessions.setPrivileges(Self.order, of: desktop, for: .server)
      _ = try await web.ask("GET", "/?$4DSID=0123456789ABCDEF0123456789ABCDEF")
      let check = "/_session/check?privilege=viewProducts"
      #expect(try await web.ask("GET", check, [browser]).status == 204)
      #expect(try await web.ask("GET", check).status == 401)
      #expect(try await web.ask("GET", check).status == 401)
      #expect(try await web.ask("GET", check + "&login=/login").status == 303)
      try WebFixture.save("nonsense", "web.rules", in: web.folder)
      let errors = "syncd_web_rule_errors_total"
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await web.server.metric(errors) == 0, ContinuousClock().now < limit {}
      let expected: [(String, Double)] = [
        (errors, 1), ("syncd_web_sessions", 5), ("syncd_web_guests", 4), ("syncd_sessions", 1),
        ("syncd_seats_taken", 2), (#"syncd_passcodes_total{outcome="created"}"#, 1),
        (#"syncd_passcodes_total{outcome="redeemed"}"#, 1),
        (#"syncd_passcodes_total{outcome="refused"}"#, 1),
        (#"syncd_web_checks_total{outcome="allowed"}"#, 1),
        (#"syncd_web_checks_total{outcome="refused"}"#, 2),
        (#"syncd_web_checks_total{outcome="redirected"}"#, 1),
        (#"syncd_web_requests_total{status="2xx"}"#, 3),
        (#"syncd_web_requests_total{status="3xx"}"#, 3),
        (#"syncd_web_requests_total{status="4xx"}"#, 2),
        (#"syncd_web_requests_total{status="5xx"}"#, 0),
      ]
      for (name, value) in expected {
        #expect(try await web.server.metric(name) == value, "\(name)")
      }
    }
  }
}
