import Foundation
import TestPrograms
import Testing

/// The walk-through of docs/web.md, which is 4D's own example (4d-domain §9.5), in a real browser.
@Suite(.timeLimit(.minutes(10)), .enabled(if: Browser.isThere)) struct WebAreaTests {
  private static let page = """
    <!DOCTYPE html><html><body><p id="seen"></p><script>
    (async () => {
      const get = async path => (await fetch(path)).json()
      const session = await get('/_session'), storage = await get('/_session/storage')
      const stock = await fetch('stock.txt')
      document.getElementById('seen').textContent = [
        session.isGuest ? 'guest' : session.info.userName, session.privileges.join(),
        JSON.stringify(storage), stock.ok ? await stock.text() : stock.status,
        location.pathname + location.search, document.cookie, document.referrer
      ].join(' | ')
    })()
    </script></body></html>
    """
  private static let guest = "guest |  | {} | 403 | /products/ |  | "

  /// What the page's script writes, in a browser that knows nothing yet.
  private static func seen(at address: String, by name: String, in place: Workplace) async throws
    -> String
  {
    let page = try await Browser(profile: place.path + "/" + name).page(at: address)
    return String(try #require(page.firstMatch(of: /<p id="seen">(.*)<\/p>/), "\(page)").1)
  }

  /// Serves a page, and beside it a file for those who have `viewProducts`.
  private func serve(
    _ place: Workplace,
    _ page: String,
    at path: String
  ) async throws -> (Server, address: String) {
    try place.save(page, "WebFolder\(path)index.html")
    try place.save("7 books", "WebFolder\(path)stock.txt")
    try place.save("\(path)stock.txt viewProducts\n/** guest\n", "web.rules")
    try place.save(
      #"{"privileges":[{"privilege":"viewProducts"}],"permissions":{"allowed":[]}}"#,
      "Project/Sources/roles.json"
    )
    let rules = place.project + "/web.rules"
    let server = try await place.serve("--web-listen", "127.0.0.1:0", "--web-rules", rules)
    let line = server.running.output.firstMatch(of: /syncd: web at (http:\S+)/)
    return (server, String(try #require(line).1) + path)
  }

  @Test func aPasscodeOpensThePageInTheDesktopSession() async throws {
    let place = try Workplace()
    let (server, products) = try await serve(place, Self.page, at: "/products/")
    func sessions(_ arguments: String...) async throws -> String {
      let all = ["sessions"] + arguments + ["--state-dir", place.state]
      let result = try await Program.run(Program.path, all)
      try #require(result.status == 0, "\(result.errors)")
      return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // A desktop client, and what server-side code of its session does.
    let desktop = ["--unix-socket", place.state + "/syncd.sock"]
    let opened = try await Program.run(
      "/usr/bin/curl",
      ["-sS"] + desktop + ["--json", #"{"user":"ann","machineName":"desk"}"#]
        + ["http://localhost/v1/sessions"]
    )
    let token = try #require(opened.output.firstMatch(of: /"token":"([0-9a-f]+)"/), "\(opened)").1
    // Without it the session would be over after ninety seconds.
    let listening = try RunningProgram(
      "/usr/bin/curl",
      ["-sN", "-H", "Authorization: Bearer \(token)"] + desktop + ["http://localhost/v1/events"]
    )
    _ = try #require(await listening.line(containing: "event: ready"), "\(listening.errors)")
    let list = try await sessions("list")
    let id = String(
      try #require(list.firstMatch(of: #/([0-9A-F]{32}) +remote +ann /#), "\(list)").1
    )
    #expect(
      try await sessions("privileges", id, "--clear", "--add", "viewProducts") == "viewProducts"
    )
    #expect(
      try await sessions("storage", id, "--patch", #"{"cart":"A-17"}"#) == #"{"cart":"A-17"}"#
    )
    let passcode = try await sessions("otp", id, "--lifespan", "600")
    let address = products + "?$4DSID=" + passcode

    let shared = #"ann | viewProducts | {"cart":"A-17"} | 7 books | /products/ |  | "#
    #expect(try await Self.seen(at: address, by: "web area", in: place) == shared)
    #expect(try await Self.seen(at: address, by: "used again", in: place) == Self.guest)
    #expect(try await Self.seen(at: products, by: "without", in: place) == Self.guest)
    listening.send(SIGKILL)
    #expect(await server.stop() == 0)
    #expect(!server.running.errors.contains(passcode))
  }

  private static let listener = """
    <!DOCTYPE html><html><body><script>
    const seen = [], events = new EventSource('/_session/events')
    let turn = Promise.resolve()
    const hear = (name, take) => events.addEventListener(name, event => {
      turn = turn.then(async () => {
        seen.push(name + ' ' + await take(JSON.parse(event.data)))
        if (name == 'ended') console.log('seen: ' + seen.join(' | ') + '.')
        console.log('heard: ' + name + '.')
      })
    })
    hear('ready', async ready => {
      const session = await (await fetch('/_session')).json()
      if (seen.length > 0) fetch('/_session/leave', { method: 'POST' })
      return session.info.ID === ready.session ? ready.revision : 'another session'
    })
    hear('storage', async () => JSON.stringify(await (await fetch('/_session/storage')).json()))
    hear('privileges', async change => {
      // The session's new cookie comes with this answer, and the stream is opened with it anew.
      const stock = await fetch('/stock.txt')
      return change.privileges.join() + ' ' + (stock.ok ? await stock.text() : stock.status)
    })
    hear('ended', async () => { events.close(); return events.readyState })
    </script></body></html>
    """

  @Test func aPageHearsOfItsSession() async throws {
    let place = try Workplace()
    let (server, address) = try await serve(place, Self.listener, at: "/")
    let browser = Browser(profile: place.path + "/listener")
    let page = try browser.open(address)
    func sessions(_ arguments: String...) async throws -> String {
      let all = ["sessions"] + arguments + ["--state-dir", place.state]
      return try await Program.run(Program.path, all).output
    }
    func metrics() async throws -> String {
      let socket = place.state + "/syncd.sock"
      let all = ["-sS", "--unix-socket", socket, "http://localhost/metrics"]
      return try await Program.run("/usr/bin/curl", all).output
    }
    #expect(await page.complains(of: "heard: ready."))
    try await until { try await metrics().contains("syncd_web_streams 1\n") }
    let list = try await sessions("list")
    let id = String(try #require(list.firstMatch(of: #/([0-9A-F]{32}) +web /#), "\(list)").1)
    _ = try await sessions("storage", id, "--patch", #"{"cart":"A-17"}"#)
    // What happens at once may be told in another order.
    #expect(await page.complains(of: "heard: storage."))
    _ = try await sessions("privileges", id, "--add", "viewProducts")
    let text = [
      "ready 0", #"storage {"cart":"A-17"}"#, "privileges viewProducts 7 books", "ready 1",
      "ended 2",
    ]
    #expect(await page.complains(of: "heard: ended."))
    #expect(page.errors.contains("seen: \(text.joined(separator: " | "))."), "\(page.errors)")
    #expect(await server.stop() == 0)
  }
}
