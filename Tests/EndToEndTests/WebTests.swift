import Foundation
import TestPrograms
import Testing

/// The web listener as an operator starts it.
@Suite(.timeLimit(.minutes(10))) struct WebTests {
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

  private static func replace(_ folder: String, in place: Workplace) throws {
    let pages = place.project + "/" + folder
    try FileManager.default.moveItem(atPath: pages, toPath: pages + "-before")
    try FileManager.default.createSymbolicLink(atPath: pages, withDestinationPath: "Settings")
  }

  /// In the place of the project's own folder or of one that was named, while the server runs.
  @Test(arguments: [nil, "pages"])
  func aReplacedFolderShowsNoPasswords(named: String?) async throws {
    let place = try Workplace()
    let folder = named ?? "WebFolder"
    try place.save("<h1>shop</h1>", folder + "/index.html")
    try place.save(#"{"users":[]}"#, "Settings/directory.json")
    let web = ["--web-listen", "127.0.0.1:0"]
    let more = named.map { ["--web-folder", place.project + "/" + $0] } ?? []
    let server = try await place.serve(web + more)
    let line = server.running.output.firstMatch(of: /syncd: web at (http:\S+)/)
    let address = String(try #require(line).1)
    #expect(try await Self.curl(address + "/").hasSuffix("<h1>shop</h1>"))
    try Self.replace(folder, in: place)
    for _ in 0..<3 {
      #expect(try await Self.curl(address + "/directory.json").hasPrefix("HTTP/1.1 404"))
    }
    #expect(await server.stop() == 0)
    // Once, however often it was asked for.
    let said = server.running.errors.matches(of: /The web folder was replaced/)
    #expect(said.count == 1, "\(server.running.errors)")
    let again = try await Program.run(Program.path, ["serve", place.project] + web + more)
    #expect(again.status == 2)
    #expect(again.errors.contains(named == nil ? "--web-folder" : "/Settings"), "\(again.errors)")
  }

  @Test func aNamedFolderThatIsNotThereIsSaid() async throws {
    let place = try Workplace()
    let pages = place.project + "/pages"
    let server = try await place.serve("--web-listen", "127.0.0.1:0", "--web-folder", pages)
    let line = server.running.output.firstMatch(of: /syncd: web at (http:\S+)/)
    let address = String(try #require(line).1)
    #expect(await server.running.complains(of: pages))
    try place.save("<h1>shop</h1>", "pages/index.html")
    #expect(try await Self.curl(address + "/").hasSuffix("<h1>shop</h1>"))
    #expect(await server.stop() == 0)
  }

  @Test(arguments: [
    ["--web-rules", "x"], ["--web-listen", ""], ["--web-listen", "127.0.0.1:0", "--web-name", ""],
    ["--web-listen", "127.0.0.1:0", "--web-proxy", "proxy.example"], ["--seats", "0"],
    ["--session-semantics", "20"], ["--web-listen", "127.0.0.1:0", "--web-folder", "PROJECT"],
    ["--web-listen", "127.0.0.1:0", "--web-folder", "PROJECT/.."],
    ["--web-listen", "127.0.0.1:0", "--web-folder", "PROJECT/Settings/pages"],
    ["--web-listen", "127.0.0.1:0", "--web-folder", "/"],
  ])
  func whatCannotBeMeantIsRefused(options: [String]) async throws {
    let place = try Workplace()
    let options = options.map { $0.replacing("PROJECT", with: place.project) }
    let result = try await Program.run(Program.path, ["serve", place.project] + options)
    #expect(result.status == 2)
  }
}
