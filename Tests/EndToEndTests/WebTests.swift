import Foundation
import TestPrograms
import Testing

/// The web listener as an operator starts it.
@Suite(.timeLimit(.minutes(3))) struct WebTests {
  private static func curl(_ arguments: String...) async throws -> String {
    try await Program.run("/usr/bin/curl", ["-sS", "-i"] + arguments).output
  }

  @Test func theProjectsFolderIsServedByItsRules() async throws {
    let place = try Workplace()
    try place.save("<h1>shop</h1>", "WebFolder/index.html")
    try place.save("7 books", "WebFolder/stock.txt")
    try place.save("/stock.txt viewProducts\n/** guest\n", "web.rules")
    try place.save(
      #"{"privileges":[{"privilege":"viewProducts"}],"permissions":{"allowed":[]}}"#,
      "Project/Sources/roles.json"
    )
    let server = try await place.serve(
      "--web-listen",
      "127.0.0.1:0",
      "--web-rules",
      place.project + "/web.rules"
    )
    let line = server.running.output.firstMatch(of: /syncd: web at (http:\/\/127\.0\.0\.1:\d+)\n/)
    let web = String(try #require(line, "\(server.running.output)").1)
    #expect(try await Self.curl(web + "/").hasSuffix("<h1>shop</h1>"))
    #expect(try await Self.curl(web + "/stock.txt").hasPrefix("HTTP/1.1 403"))
    let session = try await Self.curl(web + "/_session")
    #expect(session.contains("4DSID_Shop="))
    #expect(session.contains(#""isGuest":true"#))
    // The team's own server signs the browser in.
    let cookie = try #require(session.firstMatch(of: /4DSID_Shop=[0-9A-F]+/)).output
    let id = try #require(session.firstMatch(of: /"ID":"([0-9A-F]+)"/)).1
    let granted = try await Self.curl(
      "--unix-socket",
      place.state + "/syncd.sock",
      "http://localhost/v1/sessions/\(id)/privileges",
      "--json",
      #""viewProducts""#
    )
    #expect(granted.hasPrefix("HTTP/1.1 200"), "\(granted)")
    let stock = try await Self.curl(web + "/stock.txt", "--cookie", String(cookie))
    #expect(stock.hasSuffix("7 books"))
    let wrong = try await Self.curl(web + "/?$4DSID=0123456789ABCDEF0123456789ABCDEF")
    #expect(wrong.contains("HTTP/1.1 303"))
    #expect(await server.stop() == 0)
    for passed in ["4DSID", "0123456789ABCDEF"] {
      #expect(!server.running.errors.contains(passed))
    }
  }

  @Test func aBrokenRuleFileIsNamedWithItsLine() async throws {
    let place = try Workplace()
    try place.save("<h1>shop</h1>", "WebFolder/index.html")
    try place.save("/** guest\nnonsense\n", "web.rules")
    let rules = place.project + "/web.rules"
    let server = try await place.serve("--web-listen", "127.0.0.1:0", "--web-rules", rules)
    let line = server.running.output.firstMatch(of: /syncd: web at (http:\S+)/)
    let web = String(try #require(line).1)
    #expect(try await Self.curl(web + "/").hasPrefix("HTTP/1.1 403"))
    #expect(await server.stop() == 0)
    #expect(server.running.errors.contains("roles.json"))
    #expect(server.running.errors.contains("\(rules):2: "))
  }

  @Test(arguments: [
    ["--web-rules", "x"], ["--web-listen", ""], ["--web-listen", "127.0.0.1:0", "--web-name", ""],
    ["--web-listen", "127.0.0.1:0", "--web-proxy", "proxy.example"], ["--seats", "0"],
    ["--session-semantics", "20"],
  ])
  func whatCannotBeMeantIsRefused(options: [String]) async throws {
    let place = try Workplace()
    let result = try await Program.run(Program.path, ["serve", place.project] + options)
    #expect(result.status == 2)
  }
}
