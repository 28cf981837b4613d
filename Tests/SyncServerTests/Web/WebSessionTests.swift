import Foundation
import ProjectModel
import Sessions
import SyncServer
import Testing

/// `GET /_session` as a page reads it.
struct SessionAnswer: Decodable {
  struct Info: Decodable {
    let type: String
    let userName: String
    let ID: String
    let IPAddress: String
  }

  let info: Info
  let isGuest: Bool
  let privileges: [String]
  let idleTimeout: Int?
  let expirationDate: String?
}

@Suite(.serialized, .timeLimit(.minutes(3))) struct WebSessionTests {
  @Test func aBrowserWithoutACookieBecomesAGuest() async throws {
    try await WebFixture.with { web in
      let answer = try await web.ask("GET", "/_session")
      let session = try answer.json(SessionAnswer.self)
      #expect(session.info.type == "web")
      #expect(session.info.IPAddress == "127.0.0.1")
      #expect(session.isGuest)
      #expect(session.privileges.isEmpty)
      #expect(session.idleTimeout == 60)
      #expect(session.expirationDate?.hasSuffix("Z") == true)
      #expect(answer["cache-control"] == "no-store")
      let field = try #require(answer["set-cookie"])
      #expect(
        field.wholeMatch(of: /4DSID_Shop=[0-9A-F]{32}; Path=\/; HttpOnly; SameSite=Lax/) != nil
      )
      let cookie = "Cookie: a=b; \(try #require(answer.cookie)); c=d"
      let again = try await web.ask("GET", "/_session", [cookie])
      #expect(again["set-cookie"] == nil)
      #expect(try again.json(SessionAnswer.self).info.ID == session.info.ID)
      #expect(web.sessions.count(.web) == 1)
    }
  }

  @Test func aFileOpensNoSession() async throws {
    try await WebFixture.with { web async throws in
      #expect(try await web.ask("GET", "/")["set-cookie"] == nil)
      #expect(try await web.ask("GET", "/missing")["set-cookie"] == nil)
      #expect(web.sessions.count(.web) == 0)
    }
  }

  @Test func anInventedIdIsNobodys() async throws {
    try await WebFixture.with { web in
      let invented = "4DSID_Shop=0123456789ABCDEF0123456789ABCDEF"
      let answer = try await web.ask("GET", "/_session", ["Cookie: \(invented)"])
      #expect(answer.cookie != nil)
      #expect(answer.cookie != invented)
      let redeemed = try await web.ask(
        "GET",
        "/?$4DSID=\(try await web.passcode(of: try web.desktop()))",
        ["Cookie: \(invented)"]
      )
      #expect(redeemed.cookie != nil)
      #expect(redeemed.cookie != invented)
    }
  }

  @Test func aNameThatNoCookieMayHaveIsReplaced() async throws {
    try await WebFixture.with(configure: { $0.name = "Mein Lädchen;" }) { web in
      let answer = try await web.ask("GET", "/_session")
      let cookie = try #require(answer.cookie)
      #expect(cookie.hasPrefix("4DSID_Mein_L__dchen_="))
      #expect(try await web.ask("GET", "/_session", ["Cookie: \(cookie)"])["set-cookie"] == nil)
    }
  }

  // MARK: Passcodes

  @Test func aPasscodeLeadsIntoItsSession() async throws {
    let cases: [(path: String, place: String)] = [
      ("/products/?$4DSID=CODE", "/products/"), ("/?%244DSID=CODE&page=2", "/?page=2"),
      ("/x?a=1&$4DSID=CODE&b=%26", "/x?a=1&b=%26"),
      ("/?$4DSID=CODE&$4DSID=second&c", "/?c"), ("/?&$4DSID=CODE", "/?"),
      ("/_session?$4DSID=CODE", "/_session"),
    ]
    try await WebFixture.with { web async throws in
      for (path, place) in cases {
        let desktop = try web.desktop()
        let storage: JSONValue = .object(JSONObject([("cart", .array([.string("book")]))]))
        try web.sessions.patchStorage(of: desktop, with: storage, for: .server)
        let passcode = try await web.passcode(of: desktop)
        let address = path.replacing("CODE", with: passcode)
        let answer = try await web.ask("GET", address)
        #expect(answer.status == 303, "\(answer)")
        #expect(answer["location"] == place, "\(answer)")
        #expect(answer["referrer-policy"] == "no-referrer")
        #expect(answer["cache-control"] == "no-store")
        let cookie = "Cookie: \(try #require(answer.cookie))"
        let session = try await web.ask("GET", "/_session", [cookie]).json(SessionAnswer.self)
        #expect(session.info.ID == desktop.text)
        #expect(session.info.type == "remote")
        #expect(session.info.userName == "ann")
        #expect(!session.isGuest)
        #expect(session.idleTimeout == nil)
        let shared = try await web.ask("GET", "/_session/storage", [cookie])
        #expect(shared.text == #"{"cart":["book"]}"#)
        #expect(shared["etag"] == "\"1\"")
        #expect(web.sessions.count(.web) == 0)
        // Used again: the same answer, but for the cookie.
        let again = try await web.ask("GET", address)
        #expect(again.status == 303)
        #expect(again["location"] == place)
        #expect(again["set-cookie"] == nil)
      }
    }
  }

  @Test func aWrongPasscodeChangesNothing() async throws {
    let cases: [String] = ["", "wrong", "0123456789ABCDEF0123456789ABCDEF", "%zz"]
    try await WebFixture.with { web async throws in
      for passcode in cases {
        let cookie = "Cookie: \(try #require(try await web.ask("GET", "/_session").cookie))"
        let before = try await web.ask("GET", "/_session", [cookie]).json(SessionAnswer.self)
        let answer = try await web.ask("GET", "/?$4DSID=\(passcode)", [cookie])
        #expect(answer.status == 303, "\(answer)")
        #expect(answer["location"] == "/")
        #expect(answer["set-cookie"] == nil)
        let after = try await web.ask("GET", "/_session", [cookie]).json(SessionAnswer.self)
        #expect(after.info.ID == before.info.ID)
      }
    }
  }

  @Test func onlyAStepToThePageTakesThePasscode() async throws {
    let cases: [(method: String, field: String, status: Int)] = [
      ("HEAD", "Accept: */*", 200), ("GET", "Sec-Purpose: prefetch", 503),
      ("GET", "Sec-Purpose: prefetch;prerender", 503), ("GET", "Purpose: prefetch", 503),
      ("GET", "X-Moz: prefetch", 503), ("POST", "Accept: */*", 405),
      ("GET", "Sec-Fetch-Mode: no-cors", 200), ("GET", "Sec-Fetch-Mode: navigate", 303),
    ]
    try await WebFixture.with { web async throws in
      for (method, field, status) in cases {
        let passcode = try await web.passcode(of: try web.desktop())
        let answer = try await web.ask(method, "/?$4DSID=\(passcode)", [field])
        #expect(answer.status == status, "\(answer)")
        guard status != 303 else { continue }
        #expect(answer["set-cookie"] == nil)
        #expect(try await web.ask("GET", "/?$4DSID=\(passcode)").cookie != nil)
      }
    }
  }

  @Test func aPasscodeLeadsToNoOtherServer() async throws {
    let cases: [String] = ["//evil.example/", "/%5cevil.example/", "/\\evil.example/"]
    try await WebFixture.with { web async throws in
      for path in cases {
        let passcode = try await web.passcode(of: try web.desktop())
        let answer = try await web.ask("GET", "\(path)?$4DSID=\(passcode)")
        #expect([400, 404].contains(answer.status))
        #expect(answer["location"] == nil)
      }
    }
  }

  @Test func whoGuessesHasToWait() async throws {
    try await WebFixture.with { web in
      for _ in 0..<10 { #expect(try await web.ask("GET", "/?$4DSID=guess").status == 303) }
      let answer = try await web.ask("GET", "/?$4DSID=guess")
      #expect(answer.status == 429)
      #expect(answer["retry-after"] != nil)
      // A proxy says whom it asks for; another browser behind it goes on.
      let other = try await web.ask("GET", "/?$4DSID=guess", ["X-Forwarded-For: 192.0.2.9"])
      #expect(other.status == 303)
    }
  }

  // MARK: Pages

  @Test func aPageRestoresAndLeaves() async throws {
    try await WebFixture.with { web in
      let desktop = try web.desktop()
      let guest = "Cookie: \(try #require(try await web.ask("GET", "/_session").cookie))"
      let json = "Content-Type: application/json"
      let body = #"{"token":"\#(try await web.passcode(of: desktop))"}"#
      let answer = try await web.ask("POST", "/_session/restore", [guest, json], body: body)
      #expect(answer.status == 200)
      #expect(answer.text == #"{"restored":true}"#)
      let cookie = "Cookie: \(try #require(answer.cookie))"
      let session = try await web.ask("GET", "/_session", [cookie]).json(SessionAnswer.self)
      #expect(session.info.ID == desktop.text)
      let again = try await web.ask("POST", "/_session/restore", [cookie, json], body: body)
      #expect(again.text == #"{"restored":false}"#)
      #expect(again["set-cookie"] == nil)
      // What was left leads nowhere; the desktop session goes on.
      let left = try await web.ask("POST", "/_session/leave", [cookie], body: "")
      #expect(left.status == 204)
      #expect(left["set-cookie"]?.contains("Max-Age=0") == true)
      let after = try await web.ask("GET", "/_session", [cookie]).json(SessionAnswer.self)
      #expect(after.isGuest)
      #expect(web.sessions.count(.remote) == 1)
    }
  }

  @Test func aForeignPageMayNotAsk() async throws {
    let cases: [[String]] = [
      ["Origin: https://evil.example"], ["Origin: null"], ["Sec-Fetch-Site: cross-site"],
      ["Sec-Fetch-Site: same-site"], ["Origin: https://HOST"],
    ]
    try await WebFixture.with { web async throws in
      for fields in cases {
        let browser = try await web.browser(in: try web.desktop())
        let fields = fields.map { $0.replacing("HOST", with: web.host) } + [browser]
        for (method, path) in [
          ("GET", "/_session"), ("GET", "/_session/storage"), ("POST", "/_session/leave"),
          ("POST", "/_session/restore"),
        ] {
          #expect(try await web.ask(method, path, fields, body: "").status == 403, "\(path)")
        }
        let own = ["Origin: http://\(web.host)", "Sec-Fetch-Site: same-origin", browser]
        #expect(try await web.ask("GET", "/_session", own).status == 200)
        // Behind a proxy with TLS the page's own origin is another one.
        let behind = ["Origin: https://\(web.host)", "X-Forwarded-Proto: https", browser]
        #expect(try await web.ask("GET", "/_session", behind).status == 200)
      }
    }
  }

  @Test func whatPagesCannotAsk() async throws {
    let cases: [(method: String, path: String, status: Int)] = [
      ("POST", "/_session", 405), ("PUT", "/_session/storage", 405),
      ("GET", "/_session/leave", 405),
      ("GET", "/_session/other", 404), ("GET", "/_session/", 404), ("GET", "/_session/check/", 404),
      ("POST", "/_session/restore", 400),
    ]
    try await WebFixture.with(files: ["_session/other": "no file"]) { web async throws in
      for (method, path, status) in cases {
        #expect(try await web.ask(method, path).status == status, "\(path)")
      }
    }
  }

  @Test func theCookieIsSecureWhereTheBrowsersConnectionIs() async throws {
    try await WebFixture.with { web in
      let answer = try await web.ask("GET", "/_session", ["X-Forwarded-Proto: https"])
      #expect(answer["set-cookie"]?.contains("; Secure") == true)
    }
  }

  @Test func privilegesThatAreTakenAwayCountAtOnce() async throws {
    try await WebFixture.with { web in
      let desktop = try web.desktop()
      let browser = try await web.browser(in: desktop)
      func privileges() async throws -> [String] {
        try await web.ask("GET", "/_session", [browser]).json(SessionAnswer.self).privileges
      }
      try web.sessions.setPrivileges(
        PrivilegeOrder(privileges: ["admin", "unknown"]),
        of: desktop,
        for: .server
      )
      #expect(try await privileges() == ["viewProducts", "admin"])
      try web.sessions.clearPrivileges(of: desktop, for: .server)
      #expect(try await privileges() == [])
      _ = web.sessions.close(desktop)
      #expect(
        try await web.ask("GET", "/_session", [browser]).json(SessionAnswer.self).info.type == "web"
      )
    }
  }
}
