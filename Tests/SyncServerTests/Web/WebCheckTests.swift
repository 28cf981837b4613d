import Foundation
import ProjectModel
import Sessions
import Testing

/// The questions of proxies, as nginx, Caddy and Traefik put them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct WebCheckTests {
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
