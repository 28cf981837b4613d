import Foundation
import ProjectModel
import Sessions
import TestPrograms
import Testing

/// 4D's own example (4d-domain §9.5) in a real browser: the page sees the session of the desktop.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Browser.isThere)) struct BrowserTests {
  private static let page = """
    <!DOCTYPE html><html><body><p id="seen"></p><script>
    (async () => {
      const get = async path => (await fetch(path)).json()
      const session = await get('/_session'), storage = await get('/_session/storage')
      const stock = await fetch('stock.txt')
      document.getElementById('seen').textContent = [
        session.isGuest ? 'guest' : session.info.userName, session.privileges.join(),
        JSON.stringify(storage), stock.ok ? await stock.text() : stock.status,
        location.pathname + location.search, document.cookie
      ].join(' | ')
    })()
    </script></body></html>
    """

  @Test func aPasscodeOpensThePageInTheDesktopSession() async throws {
    let files = ["products/index.html": Self.page, "products/stock.txt": "7 books"]
    let rules = "/products/stock.txt viewProducts\n/** guest\n"
    try await WebFixture.with(files: files, rules: rules) { web in
      // What server-side code of the desktop session does.
      let desktop = try web.desktop()
      try web.sessions.clearPrivileges(of: desktop, for: .server)
      let order = PrivilegeOrder(privileges: ["viewProducts"])
      try web.sessions.setPrivileges(order, of: desktop, for: .server)
      let storage: JSONValue = .object(JSONObject([("cart", .string("A-17"))]))
      try web.sessions.patchStorage(of: desktop, with: storage, for: .server)
      let passcode = try await web.passcode(of: desktop)
      let address = "http://\(web.host)/products/?$4DSID=\(passcode)"

      let browser = Browser(profile: web.folder + "/first")
      let shared = #"ann | viewProducts | {"cart":"A-17"} | 7 books | /products/ | "#
      #expect(try await browser.seen(at: address) == shared)
      let guest = "guest |  | {} | 403 | /products/ | "
      let other = Browser(profile: web.folder + "/second")
      #expect(try await other.seen(at: address) == guest)
      let third = Browser(profile: web.folder + "/third")
      #expect(try await third.seen(at: "http://\(web.host)/products/") == guest)
    }
  }
}

/// Chromium without a window.
private struct Browser {
  private static let program = "/usr/bin/chromium"
  static let isThere = FileManager.default.isExecutableFile(atPath: program)

  let profile: String

  /// What the page's script writes, once it has.
  func seen(at address: String) async throws -> String {
    let running = try RunningProgram(
      Self.program,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
        "--user-data-dir=\(profile)", "--virtual-time-budget=20000", "--timeout=60000",
        "--dump-dom", address,
      ]
    )
    _ = await running.exitStatus()
    let text = running.output.firstMatch(of: /<p id="seen">(.*)<\/p>/)
    return String(try #require(text, "\(running.output) \(running.errors)").1)
  }
}
