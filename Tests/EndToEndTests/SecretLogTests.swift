import Foundation
import TestPrograms
import Testing

/// No secret of anybody gets into the log, however much is logged.
@Suite(.timeLimit(.minutes(10))) struct SecretLogTests {
  private static func curl(_ arguments: [String]) async throws -> String {
    try await Program.run("/usr/bin/curl", ["-sS", "-i"] + arguments).output
  }

  private static func first(_ pattern: Regex<(Substring, Substring)>, _ text: String) throws
    -> String
  {
    String(try #require(text.firstMatch(of: pattern), "\(text)").1)
  }

  @Test(arguments: [[], ["--keep-sessions"]]) func theLogTellsNoSecret(
    options: [String]
  ) async throws {
    let place = try Workplace()
    try place.save("<h1>shop</h1>", "WebFolder/index.html")
    try place.save(
      #"{"privileges":[{"privilege":"viewProducts"}],"roles":[],"permissions":{"allowed":[]}}"#,
      "Project/Sources/roles.json"
    )
    let hooks = place.path + "/hooks"
    let hook =
      "#!/bin/sh\necho the hook was here\nenv\necho $SYNCD_TOKEN >>'\(place.path)/secrets'\n"
      + "otp=$('\(Program.path)' sessions otp self)\necho \"made $otp\"\n"
      + "echo $otp >>'\(place.path)/secrets'\nexec '\(Program.path)' sessions storage \"$SYNCD_SESSION\" --patch '{\"pin\":\"pin-of-the-hook\"}' >/dev/null\n"
    let written = try await Program.run(
      "/bin/sh",
      ["-c", "mkdir \"$1\" && printf %s \"$2\" >\"$3\" && chmod 755 \"$3\"", "sh", hooks, hook]
        + [hooks + "/on-server-open-connection"]
    )
    try #require(written.status == 0, "\(written.errors)")
    let running = try RunningProgram(
      Program.path,
      ["serve", place.project, "--listen", "127.0.0.1:0", "--state-dir", place.state]
        + ["--web-listen", "127.0.0.1:0", "--hooks", hooks, "--log-level", "trace"] + options
    )
    let ready = try #require(await running.line(containing: "serving"), "\(running.errors)")
    let address = try Self.first(/at (127\.0\.0\.1:\d+), generation/, ready)
    let web = try Self.first(/web at (http:\S+)/, running.output)
    let (api, socket) = ("http://\(address)/v1", ["--unix-socket", place.state + "/syncd.sock"])
    let local = "http://localhost/v1"
    var secrets = ["right-Passw0rd", "wrong-Passw0rd", "pin-of-the-hook", "pin-of-the-cart"]

    let edit = try await Program.run(
      "directory",
      "edit",
      "--state-dir",
      place.state,
      "--op",
      #"{"op":"set-password","user":"designer","password":"right-Passw0rd"}"#
    )
    try #require(edit.status == 0, "\(edit.errors)")
    let wrong = #"{"user":"Designer","password":"wrong-Passw0rd"}"#
    #expect(try await Self.curl(["--json", wrong, api + "/sessions"]).contains(" 401 "))
    let right = #"{"user":"Designer","password":"right-Passw0rd"}"#
    let opened = try await Self.curl(["--json", right, api + "/sessions"])
    let (id, token) = (
      try Self.first(/"id":"([0-9A-F]{32})"/, opened),
      try Self.first(/"token":"([0-9a-f]+)"/, opened)
    )
    secrets.append(token)
    let bearer = ["-H", "Authorization: Bearer \(token)"]
    #expect(try await Self.curl(bearer + [api + "/sessions/self/info"]).contains(id))
    let stranger = String(token.reversed())
    secrets.append(stranger)
    _ = try await Self.curl(["-H", "Authorization: Bearer \(stranger)", api + "/sessions/self"])
    let storage = ["-X", "PATCH", "--json", #"{"cart":"pin-of-the-cart"}"#]
    #expect(
      try await Self.curl(socket + storage + ["\(local)/sessions/\(id)/storage"]).contains(" 200 ")
    )

    var passcodes: [String] = []
    for _ in 0..<3 {
      let answer = try await Self.curl(
        socket + ["--json", #"{"lifespan":600}"#, "\(local)/sessions/\(id)/otp"]
      )
      passcodes.append(try Self.first(/"otp":"([0-9A-F]{32})"/, answer))
    }
    passcodes.append("0123456789ABCDEF0123456789ABCDEF")
    secrets += passcodes
    // Nothing of a passcode in where the browser goes, or in what it tells others.
    let redeemed = try await Self.curl([web + "/?a=1&$4DSID=\(passcodes[0])&b=2"])
    #expect(redeemed.contains("location: /?a=1&b=2\r\n"), "\(redeemed)")
    #expect(redeemed.contains("referrer-policy: no-referrer"))
    let proxied = try await Self.curl(
      ["-H", "X-Original-URI: /x?$4DSID=\(passcodes[1])", web + "/_session/check"]
    )
    #expect(proxied.contains("location: /x\r\n"), "\(proxied)")
    let bad = try await Self.curl([web + "/x?$4DSID=\(passcodes[3])"])
    #expect(bad.contains("location: /x\r\n") && bad.contains("referrer-policy: no-referrer"))
    for answer in [redeemed, proxied, bad] {
      #expect(!passcodes.contains { answer.contains($0) })
    }
    let cookie = try Self.first(/4DSID_Shop=([0-9A-F]{32})/, redeemed)
    secrets += [cookie, try Self.first(/4DSID_Shop=([0-9A-F]{32})/, proxied)]
    let browser = ["-H", "Cookie: 4DSID_Shop=\(cookie)"]
    #expect(try await Self.curl(browser + [web + "/_session"]).contains(id))
    let restored = try await Self.curl(
      browser + ["--json", #"{"token":"\#(passcodes[2])"}"#, web + "/_session/restore"]
    )
    secrets.append(try Self.first(/4DSID_Shop=([0-9A-F]{32})/, restored))
    _ = try await Self.curl(
      socket + ["--json", #""viewProducts""#, "\(local)/sessions/\(id)/privileges"]
    )
    let renewed = try await Self.curl(
      ["-H", "Cookie: 4DSID_Shop=\(secrets[secrets.count - 1])", web + "/_session"]
    )
    secrets.append(try Self.first(/4DSID_Shop=([0-9A-F]{32})/, renewed))
    // What is no request at all may be logged with what it holds.
    _ = try await Self.curl(["-X", "GET /?$4DSID=\(passcodes[3]) \u{1}", web + "/"])
    _ = try await Self.curl(["-X", "BAD \u{1}", "-H", "Authorization: Bearer \(token)", api])
    secrets.append(try Self.first(/"secret" *: *"([0-9a-f]+)"/, projectToken(place)))

    let hooked = String(decoding: try place.contents("secrets"), as: UTF8.self)
    let passes = hooked.split(separator: "\n").map(String.init)
    #expect(passes.count >= 2 && passes.allSatisfy { $0.utf8.count == 32 }, "\(hooked)")
    secrets += passes
    running.send(SIGTERM)
    #expect(await running.exitStatus() == 0)
    let log = (running.errors + running.output).lowercased()
    // The log is there, and tells of what was done.
    #expect(log.contains("the hook was here") && log.contains(" trace ") || log.contains(" debug "))
    #expect(log.contains("syncd_token=(secret)") && log.contains("made (secret)"))
    for secret in secrets { #expect(!log.contains(secret.lowercased()), "\(secret)") }
    for scheme in ["bearer ", "$4dsid", "4dsid_shop="] { #expect(!log.contains(scheme)) }
  }

  private func projectToken(_ place: Workplace) throws -> String {
    let bytes = try Data(contentsOf: URL(filePath: place.state + "/projectToken.json"))
    return String(decoding: bytes, as: UTF8.self)
  }
}
