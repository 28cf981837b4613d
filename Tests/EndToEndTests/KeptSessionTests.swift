import Foundation
import TestPrograms
import Testing

/// `serve --keep-sessions`, over the ends of the built program.
@Suite(.serialized, .timeLimit(.minutes(10))) struct KeptSessionTests {
  /// A project with browsers and hooks that write to a journal.
  private struct Shop {
    let place: Workplace
    let hooks: String

    init() async throws {
      place = try Workplace()
      try place.save("<h1>shop</h1>", "WebFolder/index.html")
      try place.save(
        #"{"privileges":[{"privilege":"viewProducts"}],"roles":[],"permissions":{"allowed":[]}}"#,
        "Project/Sources/roles.json"
      )
      hooks = place.path + "/hooks"
      try FileManager.default.createDirectory(atPath: hooks, withIntermediateDirectories: true)
      for name in ["open-connection", "close-connection"] {
        let line =
          "#!/bin/sh\necho \"\(name) $SYNCD_CONNECTION $SYNCD_SESSION\" >>'\(place.path)/journal'\n"
        // By another program: this one may start a server while it has the file open.
        let written = try await Program.run(
          "/bin/sh",
          ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", line]
            + ["\(hooks)/on-server-\(name)"]
        )
        try #require(written.status == 0)
      }
    }

    var file: String { place.state + "/sessions.sqlite" }

    var journal: [String] {
      let text = (try? place.contents("journal")).map { String(decoding: $0, as: UTF8.self) }
      return (text ?? "").split(separator: "\n").map(String.init)
    }

    func serve(_ extra: String...) async throws -> (server: Server, web: String) {
      let running = try RunningProgram(
        Program.path,
        ["serve", place.project, "--listen", "127.0.0.1:0", "--state-dir", place.state]
          + ["--web-listen", "127.0.0.1:0", "--hooks", hooks] + extra
      )
      let ready = try #require(await running.line(containing: "serving"), "\(running.errors)")
      let address = try #require(ready.firstMatch(of: /at (127\.0\.0\.1:\d+), generation (\S+)/))
      let web = try #require(running.output.firstMatch(of: /web at (http:\S+)/))
      let server = Server(
        running: running,
        ready: ready,
        address: String(address.1),
        generation: String(address.2)
      )
      return (server, String(web.1))
    }

    /// One request of the server's own machine.
    func local(_ method: String, _ path: String, _ body: String? = nil) async throws -> String {
      try await Self.curl(
        ["--unix-socket", place.state + "/syncd.sock", "-X", method, "http://localhost\(path)"]
          + (body.map { ["--json", $0] } ?? [])
      )
    }

    static func curl(_ arguments: [String]) async throws -> String {
      try await Program.run("/usr/bin/curl", ["-sS", "-i"] + arguments).output
    }

    func passcode(of id: String) async throws -> String {
      let answer = try await local("POST", "/v1/sessions/\(id)/otp", #"{"lifespan":600}"#)
      return String(try #require(answer.firstMatch(of: /"otp":"([0-9A-F]{32})"/), "\(answer)").1)
    }

    /// Waits until what a later server reads holds a text.
    func untilKept(_ text: String) async throws {
      try await until {
        [file, file + "-wal"].contains { path in
          let bytes = FileManager.default.contents(atPath: path) ?? Data()
          return bytes.range(of: Data(text.utf8)) != nil
        }
      }
    }
  }

  @Test(arguments: [SIGTERM, SIGKILL]) func aSessionGoesOnAfterARestart(signal: Int32) async throws
  {
    let shop = try await Shop()
    var (server, web) = try await shop.serve("--keep-sessions")
    let opened = try await Shop.curl(["-X", "POST", "http://\(server.address)/v1/sessions"])
    let id = String(try #require(opened.firstMatch(of: /"id":"([0-9A-F]{32})"/), "\(opened)").1)
    let token = try #require(opened.firstMatch(of: /"token":"([0-9a-f]+)"/)).1
    let bearer = ["-H", "Authorization: Bearer \(token)"]
    let further = try await Shop.curl(
      bearer + ["--json", #"{"name":"Design"}"#]
        + ["http://\(server.address)/v1/sessions/self/connections"]
    )
    let number = try #require(further.firstMatch(of: /"number":(\d+)/), "\(further)").1
    let joined = try await Shop.curl([web + "/?$4DSID=" + shop.passcode(of: id)])
    let cookie = try #require(joined.firstMatch(of: /4DSID_Shop=[0-9A-F]+/), "\(joined)").output
    let guest = try await Shop.curl([web + "/_session"])
    let guestCookie = try #require(guest.firstMatch(of: /4DSID_Shop=[0-9A-F]+/)).output
    let guestID = try #require(guest.firstMatch(of: /"ID":"([0-9A-F]+)"/)).1
    let (used, pending) = (try await shop.passcode(of: id), try await shop.passcode(of: id))
    _ = try await shop.local("PATCH", "/v1/sessions/\(id)/storage", #"{"cart":"first"}"#)
    try await shop.untilKept(#"{"cart":"first"}"#)
    _ = try await Shop.curl([web + "/?$4DSID=" + used])
    _ = try await shop.local("PATCH", "/v1/sessions/\(id)/storage", #"{"cart":"A-17"}"#)
    _ = try await shop.local("POST", "/v1/sessions/\(id)/privileges", #""viewProducts""#)
    // A clean end keeps everything by itself.
    if signal == SIGKILL { try await shop.untilKept(#"["viewproducts"]"#) }
    server.running.send(signal)
    _ = await server.running.exitStatus()
    #expect(shop.journal.filter { $0.hasPrefix("close-connection 1 ") } == [])
    for secret in [String(token), used, pending, String(cookie.suffix(32))] {
      for path in [shop.file, shop.file + "-wal"] {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        #expect(bytes.range(of: Data(secret.utf8)) == nil)
      }
    }

    (server, web) = try await shop.serve("--keep-sessions")
    let own = try await Shop.curl(bearer + ["http://\(server.address)/v1/sessions/self/info"])
    #expect(own.contains(#""ID":"\#(id)""#), "\(own)")
    let storage = try await shop.local("GET", "/v1/sessions/\(id)/storage")
    #expect(storage.contains(#"{"cart":"A-17"}"#) && storage.contains("\"2\""), "\(storage)")
    let page = try await Shop.curl([web + "/_session", "--cookie", String(cookie)])
    #expect(page.contains(#""ID":"\#(id)""#) && page.contains("viewProducts"), "\(page)")
    // The privileges have changed before the restart.
    #expect(page.contains("set-cookie: 4DSID_Shop="))
    let same = try await Shop.curl([web + "/_session", "--cookie", String(guestCookie)])
    #expect(same.contains(#""ID":"\#(guestID)""#) && !same.contains("set-cookie"), "\(same)")
    #expect(try await !Shop.curl([web + "/?$4DSID=" + used]).contains("set-cookie"))
    #expect(try await Shop.curl([web + "/?$4DSID=" + pending]).contains("set-cookie"))
    // The further connection ended with the first server, at the latest when the second one began.
    let close = "close-connection \(number) \(id)"
    try await until { shop.journal.contains(close) }
    let closed = try await Shop.curl(
      bearer + ["-X", "DELETE", "http://\(server.address)/v1/sessions/self"]
    )
    #expect(closed.contains(" 204 "))
    #expect(await server.stop() == 0)
    let closings = shop.journal.filter { $0.hasPrefix("close") }
    #expect(closings == [close, "close-connection 1 \(id)"])
  }

  @Test func whatIsOverAfterARestartEndsOnce() async throws {
    let shop = try await Shop()
    var (server, web) = try await shop.serve("--keep-sessions")
    let opened = try await Shop.curl(["-X", "POST", "http://\(server.address)/v1/sessions"])
    let token = try #require(opened.firstMatch(of: /"token":"([0-9a-f]+)"/)).1
    let id = try #require(opened.firstMatch(of: /"id":"([0-9A-F]{32})"/)).1
    let guest = try await Shop.curl([web + "/_session"])
    let cookie = try #require(guest.firstMatch(of: /4DSID_Shop=[0-9A-F]+/)).output
    let guestID = try #require(guest.firstMatch(of: /"ID":"([0-9A-F]+)"/)).1
    #expect(await server.stop() == 0)
    // Three days pass.
    let aged = try await Program.run(
      "/usr/bin/python3",
      [
        "-c",
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
          + "c.execute('update session set isAsleep=1, lastUse=lastUse-259200000'); c.commit()",
        shop.file,
      ]
    )
    try #require(aged.status == 0, "\(aged.errors)")
    for _ in 0..<2 {
      (server, web) = try await shop.serve("--keep-sessions")
      let bearer = ["-H", "Authorization: Bearer \(token)"]
      let own = try await Shop.curl(bearer + ["http://\(server.address)/v1/sessions/self/info"])
      #expect(own.contains(" 401 "), "\(own)")
      let page = try await Shop.curl([web + "/_session", "--cookie", String(cookie)])
      #expect(!page.contains(guestID))
      try await until { shop.journal.contains("close-connection 1 \(id)") }
      #expect(await server.stop() == 0)
    }
    #expect(shop.journal == ["open-connection 1 \(id)", "close-connection 1 \(id)"])
  }

  @Test func withoutTheOptionNothingIsLeft() async throws {
    let shop = try await Shop()
    var (server, web) = try await shop.serve("--keep-sessions")
    let guest = try await Shop.curl([web + "/_session"])
    let cookie = try #require(guest.firstMatch(of: /4DSID_Shop=[0-9A-F]+/)).output
    #expect(await server.stop() == 0)
    #expect(FileManager.default.fileExists(atPath: shop.file))
    (server, web) = try await shop.serve()
    #expect(!FileManager.default.fileExists(atPath: shop.file))
    let page = try await Shop.curl([web + "/_session", "--cookie", String(cookie)])
    #expect(page.contains("set-cookie"))
    #expect(await server.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: shop.file))
  }

  @Test func aDamagedFileIsSetAsideInOneSentence() async throws {
    let shop = try await Shop()
    try FileManager.default.createDirectory(
      atPath: shop.place.state,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    try Data("damaged".utf8).write(to: URL(filePath: shop.file))
    let (server, _) = try await shop.serve("--keep-sessions")
    #expect(await server.stop() == 0)
    #expect(server.running.errors.contains("the file is now \(shop.file).aside."))
    let doctor = try await Program.run(
      "doctor",
      shop.place.project,
      "--state-dir",
      shop.place.state
    )
    #expect(!doctor.output.contains("sessions.sqlite\n"), "\(doctor.output)")
  }
}
