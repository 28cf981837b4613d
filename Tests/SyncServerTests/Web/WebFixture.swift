import Foundation
import ProjectModel
import Sessions
import SyncProtocol
import SyncServer
import Testing

/// A server with a web listener in front of a folder of its own, for the time of one test.
struct WebFixture {
  let server: ServerFixture
  let sessions: OpenSessions
  let port: Int

  /// The folder of the project; its web folder is in it.
  var folder: String { server.folder }
  var host: String { "127.0.0.1:\(port)" }

  static let roles = """
    {"privileges": [{"privilege": "viewProducts"}, {"privilege": "admin", "includes": ["viewProducts"]}],
     "roles": [], "permissions": {"allowed": []}, "restrictedByDefault": true, "forceLogin": true}
    """

  static func with(
    files: [String: String] = ["index.html": "<h1>home</h1>"],
    rules: String? = nil,
    roles: String? = roles,
    hosts: [String] = [],
    clock: any SessionClock = StillClock(),
    listening: (SessionEventFeed) -> any SessionListener = { $0 },
    configure: (inout WebConfiguration) -> Void = { _ in },
    configureServer: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (WebFixture) async throws -> Void
  ) async throws {
    let folder = try ServerFixture.temporaryFolder()
    let feed = SessionEventFeed()
    let sessions = OpenSessions.ofTest(
      clock: clock,
      listener: listening(feed)
    )
    if let roles { sessions.readRoles(Array(roles.utf8)) }
    var web = WebConfiguration(
      address: ServerAddress(host: "127.0.0.1", port: 0),
      folder: folder + "/WebFolder",
      name: "Shop"
    )
    for (name, content) in files { try save(content, "WebFolder/" + name, in: folder) }
    if let rules {
      try save(rules, "web.rules", in: folder)
      web.rules = folder + "/web.rules"
      web.rulesInterval = .milliseconds(20)
    }
    configure(&web)
    try await ServerFixture.with(
      folder: folder,
      sessions: sessions,
      sessionEvents: feed,
      configure: { configuration in
        (configuration.web, configuration.allowedHosts) = (web, hosts)
        configureServer(&configuration)
      },
      { server in
        let address = try await server.server.boundWebAddress()
        let port = try #require(address?.port)
        try await body(WebFixture(server: server, sessions: sessions, port: port))
      }
    )
  }

  static func save(_ content: String, _ name: String, in folder: String) throws {
    let file = URL(filePath: folder).appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    // In one step: who looks at it again and again must not see it empty.
    try Data(content.utf8).write(to: file, options: .atomic)
  }

  /// One request on a connection of its own.
  func ask(
    _ method: String = "GET",
    _ path: String,
    _ fields: [String] = [],
    body: String? = nil
  ) async throws -> TestResponse {
    try await TestClient.tcp(port: port).ask(method, path, host: host, fields, body: body)
  }

  /// A desktop session as its client opens it.
  func desktop(_ user: String = "ann") throws -> SessionID {
    let session = OpenSession(
      id: sessions.newID(),
      userName: user,
      machineName: "desk",
      systemUserName: "ann.smith",
      since: "2026-01-01T00:00:00.000Z",
      proof: .password,
      isDeveloper: false,
      address: "192.0.2.7"
    )
    _ = try sessions.open(session)
    return session.id
  }

  func passcode(of session: SessionID) async throws -> String {
    // Long enough for a machine that does much else.
    try await sessions.createOTP(of: session, life: 600, for: .server)
  }

  /// A browser in a desktop session: the field that it sends.
  func browser(in session: SessionID) async throws -> String {
    let answer = try await ask("GET", "/?$4DSID=\(try await passcode(of: session))")
    return "Cookie: " + (try #require(answer.cookie))
  }

  /// Asks again and again until the answer has a status.
  func until(_ status: Int, _ path: String) async throws {
    let limit = ContinuousClock().now.advanced(by: .seconds(60))
    while ContinuousClock().now < limit {
      try Task.checkCancellation()
      if try await ask("GET", path).status == status { return }
    }
    Issue.record("\(path) is not answered with \(status).")
  }
}

extension TestResponse {
  /// The name and the value of the cookie that the answer gives.
  var cookie: String? { self["set-cookie"]?.split(separator: ";").first.map { String($0) } }
}
