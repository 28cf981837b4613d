import Foundation
import TestPrograms
import Testing

/// The operator's hooks, with the built program.
@Suite(.timeLimit(.minutes(10))) struct ServerHookTests {
  /// A folder with hooks that write to a journal, and the given further lines.
  private func hooks(_ place: Workplace, _ lines: [String: String] = [:]) async throws -> String {
    let folder = place.path + "/hooks"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["startup", "open-connection", "close-connection", "shutdown"] {
      let script = """
        #!/bin/sh
        echo "\(name) $SYNCD_USER $SYNCD_CONNECTION $SYNCD_SESSION" >>'\(place.path)/journal'
        \(lines[name] ?? "")
        """
      let path = "\(folder)/on-server-\(name)"
      // By another program: what this one has open for writing, a server that a test starts at the
      // same moment would have open too, and nobody could run it.
      let written = try await Program.run(
        "/bin/sh",
        ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", script, path]
      )
      try #require(written.status == 0, "\(written.errors)")
    }
    return folder
  }

  private func journal(_ place: Workplace) -> [String] {
    let text = (try? place.contents("journal")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// Ends a server whose closing hooks may still run.
  ///
  /// - Returns: its status; `nil` when it took so long that its limit for them, 18 seconds, may have
  ///   ended what the test waits for.
  private func stopInTime(_ server: Server) async -> Int32? {
    let began = ContinuousClock().now
    let status = await server.stop()
    return began.duration(to: ContinuousClock().now) < .seconds(15) ? status : nil
  }

  /// Opens a session as a client of another account would.
  private func open(_ server: Server) async throws -> Program.Result {
    try await Program.run(
      "/usr/bin/curl",
      ["-sS", "-w", " %{http_code}", "-X", "POST", "http://\(server.address)/v1/sessions"]
    )
  }

  @Test func eachMomentIsCalledOnceInItsOrder() async throws {
    let place = try Workplace()
    let server = try await place.serve("--hooks", hooks(place))
    #expect(journal(place).map { $0.prefix(7) } == ["startup"])
    let opened = try await open(server)
    #expect(opened.output.hasSuffix(" 201"))
    let id = try #require(opened.output.firstMatch(of: /"id":"([0-9A-F]{32})"/)).1
    let token = try #require(opened.output.firstMatch(of: /"token":"([0-9a-f]+)"/)).1
    let bearer = ["-H", "Authorization: Bearer \(token)"]
    let further = try await Program.run(
      "/usr/bin/curl",
      ["-sS"] + bearer + ["-d", #"{"name":"Design"}"#]
        + ["http://\(server.address)/v1/sessions/self/connections"]
    )
    #expect(further.output == #"{"number":3}"# || further.output == #"{"number":2}"#, "\(further)")
    let close = ["-sS", "-X", "DELETE"] + bearer + ["http://\(server.address)/v1/sessions/self"]
    #expect(try await Program.run("/usr/bin/curl", close).status == 0)
    try await until { journal(place).count >= 5 }
    #expect(await server.stop() == 0)
    let lines = journal(place).map { $0.split(separator: " ", omittingEmptySubsequences: false) }
    #expect(
      lines.map(\.first)
        == [
          "startup", "open-connection", "open-connection", "close-connection", "close-connection",
          "shutdown",
        ]
    )
    #expect(lines[1][1] == "Designer" && lines[1][2] == "1" && lines[1][3] == id)
    #expect(Set(lines[1...2].map { $0[2] }) == Set(lines[3...4].map { $0[2] }))
  }

  @Test func aRefusalReachesTheClientWithItsStatus() async throws {
    let place = try Workplace()
    let server = try await place.serve("--hooks", hooks(place, ["open-connection": "exit 7"]))
    let refused = try await open(server)
    #expect(refused.output.hasSuffix(" 403"))
    #expect(refused.output.contains("connection-refused"))
    #expect(refused.output.contains(#""exitStatus":7"#), "\(refused.output)")
    let sessions = try await Program.run("sessions", "--state-dir", place.state, "--json")
    #expect(!sessions.output.contains(#""type":"remote""#))
    #expect(await server.stop() == 0)
    #expect(!journal(place).contains { $0.hasPrefix("close-connection") })
  }

  @Test func aHookActsForItsSessionAndItsOutputIsLogged() async throws {
    let place = try Workplace()
    try place.save(
      #"{"privileges":[{"privilege":"viewProducts"}],"roles":[],"permissions":{"allowed":[]}}"#,
      "Project/Sources/roles.json"
    )
    let act = """
      echo said by the hook
      '\(Program.path)' sessions storage $SYNCD_SESSION --patch '{"hooked":true}'
      """
    let server = try await place.serve(
      "--hooks",
      hooks(place, ["open-connection": act]),
      "--hook-timeout",
      "600"
    )
    let opened = try await open(server)
    let id = String(try #require(opened.output.firstMatch(of: /"id":"([0-9A-F]{32})"/)).1)
    let storage = try await Program.run("sessions", "storage", id, "--state-dir", place.state)
    #expect(storage.output == "{\"hooked\":true}\n", "\(storage.errors)")
    #expect(await server.running.complains(of: "said by the hook"))
    #expect(await server.stop() == 0)
  }

  @Test func aHookThatHangsIsEndedWithWhatItStarted() async throws {
    let place = try Workplace()
    let hang = "trap '' TERM; sleep 1000 & echo $! >'\(place.path)/child'; wait; wait; sleep 1000"
    let server = try await place.serve(
      "--hooks",
      try await hooks(place, ["open-connection": hang]),
      "--hook-timeout",
      "0.5"
    )
    // Half a second may be over before the shell has begun.
    var child: Int32?
    try await until {
      let refused = try await open(server)
      try #require(refused.output.contains("took too long"), "\(refused.output)")
      let said = (try? place.contents("child")).map { String(decoding: $0, as: UTF8.self) }
      child = said.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      return child != nil
    }
    let pid = try #require(child)
    // What the hook has started is gone with it, as soon as the system has cleared it away.
    try await until { kill(pid, 0) != 0 }
    #expect(await server.stop() == 0)
  }

  /// Serves a place with a closing hook, and stops the server after `body`: all of it anew where the
  /// machine was so slow that the server's end did not wait for its hooks.
  ///
  /// - Returns: the server's exit status.
  private func serving(
    _ place: Workplace,
    gate: String,
    closing script: String,
    _ body: (Server) async throws -> Void
  ) async throws -> Int32 {
    while true {
      try Task.checkCancellation()
      try? FileManager.default.removeItem(atPath: place.path + "/journal")
      try? FileManager.default.removeItem(atPath: gate)
      let server = try await place.serve(
        "--hooks",
        hooks(place, ["close-connection": script]),
        "--hook-timeout",
        "600"
      )
      try await body(server)
      if let status = await stopInTime(server) { return status }
    }
  }

  @Test func nobodyWaitsForAClosingHook() async throws {
    let place = try Workplace()
    let gate = place.path + "/gate"
    let wait = "while [ ! -e '\(gate)' ]; do sleep 0.05; done; echo done >>'\(place.path)/journal'"
    let status = try await serving(place, gate: gate, closing: wait) { server in
      let opened = try await open(server)
      let token = try #require(opened.output.firstMatch(of: /"token":"([0-9a-f]+)"/)).1
      let closed = try await Program.run(
        "/usr/bin/curl",
        ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "DELETE"]
          + ["-H", "Authorization: Bearer \(token)", "http://\(server.address)/v1/sessions/self"]
      )
      #expect(closed.output == "204", "\(closed.errors)")
      #expect(!journal(place).contains("done"))
      try Data().write(to: URL(filePath: gate))
      // The end waits for what is under way.
    }
    #expect(status == 0)
    #expect(journal(place).filter { $0 == "done" }.count == 1)
  }

  @Test func nobodyIsLetInBeforeTheStartHasEnded() async throws {
    let place = try Workplace()
    let gate = place.path + "/gate"
    let wait = "while [ ! -e '\(gate)' ]; do sleep 0.05; done"
    let running = try RunningProgram(
      Program.path,
      ["serve", place.project, "--listen", "127.0.0.1:0", "--state-dir", place.state]
        + ["--hooks", try await hooks(place, ["startup": wait]), "--hook-timeout", "600"]
    )
    try await until { !journal(place).isEmpty }
    // The same machine may work already, and learns the port.
    let status = try await Program.run("status", "--state-dir", place.state, "--json")
    let address = try #require(status.output.firstMatch(of: /127\.0\.0\.1:\d+/)?.output)
    let early = try await Program.run("connect", String(address), "-o", place.path + "/a.4dz")
    #expect(early.status == 4)
    #expect(early.errors.contains("is starting"), "\(early.errors)")
    try Data().write(to: URL(filePath: gate))
    _ = try #require(await running.line(containing: "syncd: serving"))
    let late = try await Program.run("connect", String(address), "-o", place.path + "/a.4dz")
    #expect(late.status == 0, "\(late.errors)")
    running.send(SIGTERM)
    #expect(await running.exitStatus() == 0)
  }

  @Test func aStartThatIsRefusedServesNothing() async throws {
    let place = try Workplace()
    let result = try await Program.run(
      Program.path,
      ["serve", place.project, "--listen", "127.0.0.1:0", "--state-dir", place.state]
        + ["--hooks", try await hooks(place, ["startup": "exit 3"])]
    )
    #expect(result.status == 1)
    #expect(result.errors.contains("on-server-startup ended with status 3"), "\(result.errors)")
    #expect(!result.output.contains("serving"))
  }

  @Test func aFolderThatOthersCanChangeIsRefused() async throws {
    let place = try Workplace()
    let folder = try await hooks(place)
    #expect(chmod(folder + "/on-server-startup", 0o777) == 0)
    let serve = ["serve", place.project, "--listen", "127.0.0.1:0", "--state-dir", place.state]
    let open = try await Program.run(Program.path, serve + ["--hooks", folder])
    #expect(open.status == 1 && open.errors.contains("chmod go-w"), "\(open.errors)")
    let none = try await Program.run(Program.path, serve + ["--hooks", folder + "/none"])
    #expect(none.status == 1 && none.errors.contains("is no folder"), "\(none.errors)")
  }

  @Test func whatAHookPrintsDecidesNothing() async throws {
    let place = try Workplace()
    let print = "head -c 100000 /dev/zero | tr '\\0' x; printf '\\nlast\\033[2J'"
    let server = try await place.serve("--hooks", hooks(place, ["open-connection": print]))
    let opened = try await open(server)
    #expect(opened.output.hasSuffix(" 201"), "\(opened.output)")
    #expect(await server.running.complains(of: "last\u{FFFD}[2J"))
    #expect(await server.stop() == 0)
    let log = server.running.errors
    #expect(log.contains(String(repeating: "x", count: 4096)))
    #expect(!log.contains(String(repeating: "x", count: 4097)))
  }

  @Test func aSessionThatEndsInItsOpenHookIsClosed() async throws {
    let place = try Workplace()
    let gate = place.path + "/gate"
    let wait = "[ $SYNCD_CONNECTION = 1 ] || while [ ! -e '\(gate)' ]; do sleep 0.05; done"
    let server = try await place.serve(
      "--hooks",
      hooks(place, ["open-connection": wait]),
      "--hook-timeout",
      "600"
    )
    let token = try #require(
      try await open(server).output.firstMatch(of: /"token":"([0-9a-f]+)"/)
    ).1
    let own = "http://\(server.address)/v1/sessions/self"
    let bearer = ["-sS", "-H", "Authorization: Bearer \(token)"]
    async let connecting = Program.run(
      "/usr/bin/curl",
      bearer + ["-d", #"{"name":"Design"}"#, own + "/connections"]
    )
    try await until { journal(place).count >= 3 }
    #expect(try await Program.run("/usr/bin/curl", bearer + ["-X", "DELETE", own]).status == 0)
    try Data().write(to: URL(filePath: gate))
    let refused = try await connecting
    #expect(refused.output.contains("not-found"), "\(refused.output)")
    try await until { journal(place).count >= 5 }
    #expect(await server.stop() == 0)
    #expect(journal(place).filter { $0.hasPrefix("close-connection") }.count == 2)
  }

  @Test func everyClosingHookIsCalledAndOpensDoNotWaitForThem() async throws {
    let place = try Workplace()
    let gate = place.path + "/gate"
    let wait = "while [ ! -e '\(gate)' ]; do sleep 0.05; done"
    func closings() -> Int { journal(place).count { $0.hasPrefix("close-connection") } }
    let status = try await serving(place, gate: gate, closing: wait) { server in
      var tokens: [Substring] = []
      for _ in 0..<6 {
        let opened = try await open(server).output
        tokens.append(try #require(opened.firstMatch(of: /"token":"([0-9a-f]+)"/)).1)
      }
      for token in tokens {
        let field = ["-H", "Authorization: Bearer \(token)"]
        let path = ["http://\(server.address)/v1/sessions/self"]
        _ = try await Program.run("/usr/bin/curl", ["-sS", "-X", "DELETE"] + field + path)
      }
      // Its end is the server's.
      #expect(try await open(server).output.hasSuffix(" 201"))
      try Data().write(to: URL(filePath: gate))
      try await until { closings() >= 6 }
    }
    #expect(status == 0)
    #expect(closings() == 7)
    #expect(journal(place).last?.hasPrefix("shutdown") == true)
  }
}
