import Foundation
import ProjectModel
import Sessions
import SyncServer
import Testing

/// `GET /_session/events`: what a page is told of the session that its browser is in.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WebStreamTests {
  private static func patch(_ sessions: OpenSessions, _ id: SessionID, _ value: String) throws {
    let patch: JSONValue = .object(JSONObject([("cart", .string(value))]))
    try sessions.patchStorage(of: id, with: patch, for: .server)
  }

  @Test func theStateComesFirstAndChangesFollow() async throws {
    try await WebFixture.with { web in
      let (id, other) = (try web.desktop(), try web.desktop("bob"))
      try Self.patch(web.sessions, id, "A-17")
      let browser = try await web.browser(in: id)
      let page = try await WebEventReader(web, [browser])
      #expect(page.head.status == 200)
      #expect(page.head["content-type"] == "text/event-stream")
      #expect(page.head["cache-control"] == "no-store")
      #expect(page.head["x-content-type-options"] == "nosniff")
      #expect(page.head["x-accel-buffering"] == "no")
      #expect(page.head["set-cookie"] == nil)
      let ready = #"{"isGuest":false,"privileges":[],"revision":1,"session":"\#(id.text)"}"#
      #expect(
        try await page.next() == WebEventReader.Event(id: 1, name: "ready", data: ready)
      )
      // Of another session nothing is told.
      try Self.patch(web.sessions, other, "B-4")
      try web.sessions.clearPrivileges(of: other, for: .server)
      try Self.patch(web.sessions, id, "A-18")
      let storage = WebEventReader.Event(id: 2, name: "storage", data: #"{"revision":2}"#)
      #expect(try await page.next() == storage)
      let order = PrivilegeOrder(privileges: ["admin"])
      try web.sessions.setPrivileges(order, of: id, for: .server)
      let privileges = #"{"isGuest":false,"privileges":["viewProducts","admin"]}"#
      #expect(try await page.next("privileges") == privileges)
      try web.sessions.clearPrivileges(of: id, for: .server)
      #expect(try await page.next("privileges") == #"{"isGuest":false,"privileges":[]}"#)
      #expect(try await web.server.metric("syncd_web_streams") == 1)
    }
  }

  @Test func aReloadOfTheRolesIsTold() async throws {
    try await WebFixture.with { web in
      let page = try await WebEventReader(web)
      #expect(page.head.cookie != nil)
      let ready = try #require(try await page.next("ready"))
      #expect(ready.contains(#""isGuest":true,"privileges":[],"revision":0"#))
      web.sessions.readRoles(Array(WebFixture.roles.replacing("admin", with: "boss").utf8))
      web.sessions.readRoles(Array(WebFixture.roles.replacing("true", with: "false").utf8))
      #expect(try await page.next("privileges") == #"{"isGuest":true,"privileges":[]}"#)
      let id = try #require(SessionID(text: String(ready.suffix(34).prefix(32))))
      let order = PrivilegeOrder(privileges: ["viewProducts"])
      try web.sessions.setPrivileges(order, of: id, for: .server)
      let signedIn = #"{"isGuest":false,"privileges":["viewProducts"]}"#
      #expect(try await page.next("privileges") == signedIn)
    }
  }

  @Test func theStreamEndsWhenTheBrowserIsThereNoMore() async throws {
    try await WebFixture.with { web in
      // Its own session ends with it, and comes back by no stream.
      let guest = try await WebEventReader(web)
      _ = try await guest.next("ready")
      #expect(try await web.ask("POST", "/_session/leave", [guest.cookie], body: "").status == 204)
      #expect(try await guest.next("ended") == "{}")
      #expect(try await guest.next() == nil)
      #expect(try await guest.client.readToEnd().isEmpty)
      let again = try await WebEventReader(web, [guest.cookie, "Last-Event-ID: 2"])
      #expect(again.head.status == 204 && again.head["set-cookie"] == nil)
      #expect(web.sessions.count(.web) == 0)

      // A shared one goes on for the others.
      let (id, other) = (try web.desktop(), try web.desktop("bob"))
      let browsers = [try await web.browser(in: id), try await web.browser(in: id)]
      let pages = [
        try await WebEventReader(web, [browsers[0]]), try await WebEventReader(web, [browsers[1]]),
      ]
      for page in pages { _ = try await page.next("ready") }
      let passcode = try await web.passcode(of: other)
      _ = try await web.ask("GET", "/?$4DSID=\(passcode)", [browsers[0]])
      #expect(try await pages[0].next("ended") == "{}")
      #expect(try await pages[0].next() == nil)
      try Self.patch(web.sessions, id, "A-17")
      #expect(try await pages[1].next("storage") == #"{"revision":1}"#)
      _ = web.sessions.close(id)
      #expect(try await pages[1].next("ended") == "{}")
      #expect(try await pages[1].next() == nil)
      #expect(try await web.server.metric("syncd_web_streams") == 0)
    }
  }

  @Test func aBrowserThatComesAgainFindsItsSession() async throws {
    try await WebFixture.with { web in
      let first = try await WebEventReader(web)
      _ = try await first.next("ready")
      let activity = try #require(try web.sessions.activity(for: .server))
      let own = try #require(activity.sessions.first(where: { $0.userName == "" }))
      let session = try #require(SessionID(text: own.id))
      try web.sessions.setPrivileges(PrivilegeOrder(), of: session, for: .server)
      // The cookie is one of before: the stream brings the new one.
      let second = try await WebEventReader(web, [first.cookie, "Last-Event-ID: 1"])
      #expect(second.head.status == 200 && second.head.cookie != nil)
      #expect(try await second.next("ready")?.contains(session.text) == true)
      #expect(second.cookie != first.cookie)
      #expect(web.sessions.count(.web) == 1)
    }
  }

  /// Somebody who has planted a cookie in a browser listens, and hears nothing once that has signed in.
  @Test func theStreamOfAReplacedCookieEnds() async throws {
    try await WebFixture.with { web in
      let fixed = try await WebEventReader(web)
      let ready = try #require(try await fixed.next("ready"))
      let session = try #require(SessionID(text: String(ready.suffix(34).prefix(32))))
      let order = PrivilegeOrder(privileges: ["viewProducts"])
      try web.sessions.setPrivileges(order, of: session, for: .server)
      #expect(try await fixed.next()?.name == "privileges")
      let fresh = try #require(try await web.ask("GET", "/_session", [fixed.cookie]).cookie)
      // No `ended`: the browser comes again.
      #expect(try await fixed.next() == nil)
      #expect(try await fixed.client.readToEnd().isEmpty)
      let late = try await WebEventReader(web, [fixed.cookie, "Last-Event-ID: 2"])
      #expect(late.head["set-cookie"] == nil)
      #expect(try await late.next()?.name == "ready")
      #expect(try await late.next() == nil)
      let again = try await WebEventReader(web, ["Cookie: " + fresh, "Last-Event-ID: 2"])
      #expect(try await again.next("ready")?.contains("viewProducts") == true)
      try Self.patch(web.sessions, session, "A-17")
      #expect(try await again.next("storage") == #"{"revision":1}"#)
    }
  }

  @Test func aPageThatListensDoesNotKeepItsSession() async throws {
    let clock = StillClock()
    try await WebFixture.with(
      clock: clock,
      configureServer: { $0.heartbeat = .milliseconds(20) },
      { web in
        let page = try await WebEventReader(web)
        _ = try await page.next("ready")
        clock.advance(by: .seconds(3_500))
        try await page.heartbeat()
        try await page.heartbeat()
        clock.advance(by: .seconds(120))
        #expect(try await page.next("ended") == "{}")
        #expect(try await page.next() == nil)
      }
    )
  }

  @Test func whoMayNotListen() async throws {
    try await WebFixture.with { web in
      let browser = try await web.browser(in: try web.desktop())
      for fields in [["Origin: https://evil.example"], ["Sec-Fetch-Site: cross-site"]] {
        #expect(try await WebEventReader(web, fields + [browser]).head.status == 403)
      }
      let own = ["Origin: http://\(web.host)", "Sec-Fetch-Site: same-origin", browser]
      #expect(try await WebEventReader(web, own).head.status == 200)
      for method in ["HEAD", "POST"] {
        let answer = try await web.ask(method, "/_session/events", [browser])
        #expect(answer.status == 405 && answer["allow"] == "GET")
      }
      let answer = try await web.ask("GET", "/_session/events", [browser, "Accept: text/html"])
      #expect(answer.status == 406)
    }
  }

  @Test func thereAreSoManyAndNotMore() async throws {
    try await WebFixture.with(configure: { ($0.streams, $0.streamsOfASession) = (4, 2) }) { web in
      var pages: [WebEventReader] = []
      func open(_ fields: [String] = []) async throws -> WebEventReader {
        let page = try await WebEventReader(web, fields)
        pages.append(page)
        if page.head.status == 200 { _ = try await page.next("ready") }
        return page
      }
      let guest = try await open()
      #expect(try await open([guest.cookie]).head.status == 200)
      let third = try await open([guest.cookie])
      #expect(third.head.status == 429 && third.head["set-cookie"] == nil)
      #expect(try await open().head.status == 200)
      // The last place is for somebody who has signed in.
      #expect(try await open().head.status == 503)
      let browser = try await web.browser(in: try web.desktop())
      #expect(try await open([browser]).head.status == 200)
      #expect(try await open([browser]).head.status == 503)
      // What is closed makes room.
      pages = []
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await open([guest.cookie]).head.status != 200 {
        try #require(ContinuousClock().now < limit)
      }
    }
  }

  @Test func heartbeatsKeepTheConnection() async throws {
    try await WebFixture.with(configureServer: { $0.heartbeat = .milliseconds(20) }) { web in
      let page = try await WebEventReader(web)
      _ = try await page.next("ready")
      for _ in 0..<3 { try await page.heartbeat() }
    }
  }

  /// Names that fill the buffers between a server and a page that does not read.
  private static let longRoles: String = {
    let names = (0..<100).map { "{\"privilege\": \"\(String(repeating: "x", count: 60))\($0)\"}" }
    return WebFixture.roles.replacing(
      "{\"privilege\": \"viewProducts\"},",
      with: names.joined(separator: ",") + ",{\"privilege\": \"viewProducts\"},"
    )
  }()
  private static let long = PrivilegeOrder(
    privileges: (0..<100).map { String(repeating: "x", count: 60) + "\($0)" }
  )

  @Test func aPageThatIsBehindGetsTheNewest() async throws {
    try await WebFixture.with(roles: Self.longRoles) { web in
      let id = try web.desktop()
      try web.sessions.setPrivileges(Self.long, of: id, for: .server)
      let browser = try await web.browser(in: id)
      let page = try await WebEventReader(web, [browser], receiveBuffer: 4_096)
      _ = try await page.next("ready")
      let witness = try await WebEventReader(web, [browser])
      _ = try await witness.next("ready")
      // Somebody else's page hears of each.
      for _ in 0..<200 {
        try web.sessions.setPrivileges(Self.long, of: id, for: .server)
        #expect(try await witness.next()?.name == "privileges")
      }
      try web.sessions.clearPrivileges(of: id, for: .server)
      try Self.patch(web.sessions, id, "A-17")
      var seen = 0
      var last = ""
      while last != "storage", let event = try await page.next() {
        last = event.name
        seen += 1
      }
      #expect(last == "storage" && seen < 100 && page.byteCount < 700_000)
      // Nothing old comes behind it.
      try Self.patch(web.sessions, id, "A-18")
      #expect(try await page.next("storage") == #"{"revision":2}"#)
    }
  }

  /// The news of a storage that is on its way while the privileges are told is not lost.
  @Test func newsThatOvertakeEachOtherAreAllTold() async throws {
    let held = HeldNews()
    try await WebFixture.with(listening: { held.pass(to: $0) }) { web in
      let id = try web.desktop()
      let page = try await WebEventReader(web, [try await web.browser(in: id)])
      _ = try await page.next("ready")
      held.hold()
      try web.sessions.clearPrivileges(of: id, for: .server)
      try Self.patch(web.sessions, id, "A-17")
      #expect(held.count == 2)
      held.passNext()
      #expect(try await page.next("privileges") != nil)
      held.passNext()
      #expect(try await page.next("storage") == #"{"revision":1}"#)
    }
  }

  @Test func aPageThatTakesNothingIsCut() async throws {
    try await WebFixture.with(
      roles: Self.longRoles,
      configureServer: { $0.blockedLimit = .milliseconds(100) },
      { web in
        let id = try web.desktop()
        let browser = try await web.browser(in: id)
        let page = try await WebEventReader(web, [browser], receiveBuffer: 4_096)
        _ = try await page.next("ready")
        let limit = ContinuousClock().now.advanced(by: .seconds(60))
        while try await web.server.metric("syncd_web_streams") != 0 {
          try #require(ContinuousClock().now < limit)
          try web.sessions.setPrivileges(Self.long, of: id, for: .server)
        }
        #expect(try await web.server.metric("syncd_event_clients_cut_total") == 1)
      }
    )
  }

  @Test func theEndOfTheServerEndsTheStream() async throws {
    try await WebFixture.with { web in
      let page = try await WebEventReader(web)
      _ = try await page.next("ready")
      await web.server.shutDown()
      #expect(try await page.next() == nil)
      #expect(try await page.client.readToEnd().isEmpty)
    }
  }

  @Test func anOlderClientReadsUntilTheConnectionEnds() async throws {
    try await WebFixture.with { web in
      let client = try await TestClient.tcp(port: web.port)
      try await client.send("GET /_session/events HTTP/1.0\r\nHost: \(web.host)\r\n\r\n")
      let (status, fields) = try await client.head()
      let head = TestResponse(status: status, fields: fields, body: [])
      #expect(status == 200 && head["transfer-encoding"] == nil && head["connection"] == "close")
      #expect(try await client.read(through: "\n\n").hasPrefix("retry: "))
      #expect(try await client.read(through: "\n\n").hasPrefix("id: 1\nevent: ready\n"))
      let cookie = "Cookie: " + (try #require(head.cookie))
      _ = try await web.ask("POST", "/_session/leave", [cookie], body: "")
      let rest = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(rest == "id: 2\nevent: ended\ndata: {}\n\n")
    }
  }

  @Test func whatFollowsOnTheConnectionIsNoRequest() async throws {
    try await WebFixture.with { web in
      let browser = try await web.browser(in: try web.desktop())
      let page = try await WebEventReader(web, [browser])
      _ = try await page.next("ready")
      try await page.client.send(
        "POST /_session/leave HTTP/1.1\r\nHost: \(web.host)\r\n\(browser)\r\nContent-Length: 0\r\n\r\n"
      )
      try web.sessions.setPrivileges(
        PrivilegeOrder(),
        of: try #require(web.sessions.sessions.first?.id),
        for: .server
      )
      #expect(try await page.next()?.name == "privileges")
      page.client.finishSending()
      #expect(try await page.client.readToEnd().isEmpty)
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await web.server.metric("syncd_web_streams") != 0 {
        try #require(ContinuousClock().now < limit)
      }
    }
  }
}
