import Foundation
import ProjectHost
import Sessions
import SyncProtocol
import SyncServer
import Testing

/// A lifecycle hook shows its pass and acts for its session, wherever it asks from on this machine.
@Suite(.timeLimit(.minutes(3))) struct HookCallerTests {
  private static let roles = #"{"privileges":[{"privilege":"sell"}],"permissions":{"allowed":[]}}"#

  private func serve(
    _ body: (ServerFixture, _ own: String, _ other: String, _ pass: [String]) async throws -> Void
  ) async throws {
    let feed = SessionEventFeed()
    let sessions = OpenSessions.ofTest(listener: feed)
    sessions.readRoles(Array(Self.roles.utf8))
    try await ServerFixture.with(sessions: sessions, sessionEvents: feed) { server in
      let own = try await server.ask("POST", Route.sessions).json(ClientSession.self).id
      let other = try await server.ask("POST", Route.sessions).json(ClientSession.self).id
      try await body(server, own, other, server.hook(of: SessionID(text: own)))
    }
  }

  @Test func itDoesEverythingInItsSessionAndLittleInOthers() async throws {
    try await serve { server, own, other, pass in
      for name in [own, "self"] {
        let path = "/v1/sessions/\(name)"
        let set = try await server.ask("POST", "\(path)/privileges", pass, body: "\"sell\"")
        #expect(try set.json(PrivilegeList.self).privileges == ["sell"])
        #expect(try await server.ask("POST", "\(path)/otp", pass).status == 201)
        let patched = try await server.ask("PATCH", "\(path)/storage", pass, body: #"{"a":1}"#)
        #expect(patched.text == #"{"a":1}"#)
        let begun = try await server.ask("POST", "\(path)/processes", pass, body: #"{"name":"p"}"#)
        #expect(begun.status == 201)
      }
      // As all server-side code in 4D it reaches the storage and the info of others.
      let path = "/v1/sessions/\(other)"
      #expect(try await server.ask("GET", "\(path)/info", pass).status == 200)
      let patched = try await server.ask("PATCH", "\(path)/storage", pass, body: #"{"b":1}"#)
      #expect(patched.status == 200)
      #expect(try await server.ask("GET", Route.activity, pass).text.contains(other))
      for (method, rest) in [
        ("GET", "privileges"), ("POST", "privileges"), ("DELETE", "privileges"), ("POST", "otp"),
        ("POST", "processes"), ("DELETE", "processes/1"), ("POST", "processes/1/promotions"),
      ] {
        let body = rest.hasSuffix("s") ? #"{"name":"p","privilege":"sell"}"# : nil
        let answer = try await server.ask(method, "\(path)/\(rest)", pass, body: body)
        #expect(answer.problem == .sameMachineOnly, "\(method) \(rest): \(answer.text)")
      }
    }
  }

  @Test func thePassEndsWithTheHookAndWithItsSession() async throws {
    try await serve { server, own, other, pass in
      let sessions = server.sessions
      let id = try #require(SessionID(text: other))
      let process = try sessions.beginProcess(of: id, .hook, name: "h")
      let late = ["Authorization: Bearer \(sessions.pass(for: process))"]
      #expect(try await server.ask("GET", "/v1/sessions/self/info", late).text.contains(other))
      #expect(sessions.endProcess(process))
      let refused = try await server.ask("GET", "/v1/sessions/self/info", late)
      #expect(refused.problem == .authenticationRequired)
      // One for a process that has ended is worth nothing from the start.
      let never = ["Authorization: Bearer \(sessions.pass(for: process))"]
      #expect(try await server.ask("GET", "/v1/sessions/self/info", never).status == 401)

      #expect(try await server.ask("GET", "/v1/sessions/self/info", pass).status == 200)
      _ = sessions.close(try #require(SessionID(text: own)))
      #expect(try await server.ask("GET", "/v1/sessions/self/info", pass).status == 401)
    }
  }

  @Test(.enabled(if: Tool.hasPeers)) func fromTheNetworkAPassIsNothing() async throws {
    try await TLSTests.serve { server in
      let pass = try server.hook()
      #expect(try await server.askLocally("GET", "/v1/sessions/self/info", pass).status == 200)
      let answer = try await Tool.run(
        "curl",
        [
          "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", pass[0],
          "https://localhost:\(server.port)/v1/sessions/self/info",
        ]
      )
      #expect(answer == "401")
    }
  }

  /// A line is cut where it becomes too long: half of a secret must not be what is left.
  @Test func aSecretAtTheEndOfALongLineIsNotHalved() async throws {
    let script = #"echo $SYNCD_TOKEN >>$LOG; printf %4080s; echo "=$SYNCD_TOKEN""#
    let bench = try await HookBench([.openConnection: script])
    try await bench.serve { server in
      let opened = try await server.ask("POST", Route.sessions)
      #expect(opened.status == 201)
      let token = try bench.log
      #expect(token.utf8.count == 33)
    }
    let line = try #require(bench.lines.all.first { $0.contains("=") })
    #expect(line.hasSuffix("="), "\(line.suffix(40))")
  }

  @Test func theEndOfAServerIsBoundedWhateverItsHooksDo() async throws {
    let hang = "trap '' TERM; while :; do sleep 1; done"
    let bench = try await HookBench([.closeConnection: hang, .serverShutdown: hang])
    var limits = ServerHooks.EndLimits()
    (limits.closing, limits.all) = (.milliseconds(200), .milliseconds(400))
    // That it returns at all is the proof: none of the programs ever ends by itself.
    try await bench.serve(timeout: .seconds(3600), limits: limits) { server in
      for _ in 0..<5 {
        let opened = try await server.ask("POST", Route.sessions)
        #expect(opened.status == 201)
      }
    }
    let lines = bench.lines.all
    #expect(lines.contains { $0.contains("did not wait for the hooks") }, "\(lines)")
  }
}

/// Who works in a session without being its client hears what changes in it.
extension HookCallerTests {
  @Test func aSessionsProcessesHearOfItsChangesUntilItEnds() async throws {
    try await serve { server, own, other, pass in
      // A program of the server's account names the session; a hook has one.
      let program = try await server.unix()
      _ = try await program.openEvents(path: "\(Route.events)?session=\(own)", host: "syncd", [])
      let hook = try await server.tcp()
      _ = try await hook.openEvents(host: server.host, pass)
      for client in [program, hook] {
        #expect(try await client.nextEvent()?.event?.name == "ready")
      }
      let kinds = server.sessions.processes(of: try #require(SessionID(text: own))).map(\.kind)
      #expect(kinds.count { $0 == .events } == 2)
      for id in [other, own] {
        let path = "/v1/sessions/\(id)"
        _ = try await server.askLocally("PATCH", "\(path)/storage", body: #"{"a":1}"#)
        _ = try await server.askLocally("POST", "\(path)/privileges", body: "\"sell\"")
      }
      for client in [program, hook] {
        let storage = try await client.nextEvent()?.event
        #expect(storage == .storage(SessionChange(revision: 1, to: own)))
        #expect(try await client.nextEvent()?.event == .privileges(SessionChange(to: own)))
      }
      let dropped = try await server.askLocally("DELETE", "\(Route.clients)/\(own)")
      #expect(dropped.status == 204)
      for client in [program, hook] {
        #expect(try await client.nextEvent()?.event == .session(SessionEnded(.dropped, to: own)))
        #expect(try await client.nextBlock() == nil)
      }
    }
  }

  @Test func aLongPollHearsThemToo() async throws {
    try await serve { server, own, _, _ in
      let path = "\(Route.events)?session=\(own)&wait=60000"
      let fields = ["Accept: application/json"]
      let ready = try await server.askLocally("GET", path, fields)
      let position = try #require(ready.text.firstMatch(of: /"id":"([^"]+)"/)).1
      async let news = server.askLocally("GET", "\(path)&since=\(position)", fields)
      _ = try await server.askLocally("PATCH", "/v1/sessions/\(own)/storage", body: #"{"a":1}"#)
      let text = try await news.text
      #expect(text.contains(#""event":"storage""#) && text.contains(own), "\(text)")
    }
  }

  /// Whoever waits with a pass learns nothing after its end.
  @Test func aLongPollOfAHookEndsWithIt() async throws {
    try await serve { server, own, _, _ in
      let hook = try server.sessions.beginProcess(of: SessionID(text: own), .hook, name: "h")
      let fields = [
        "Authorization: Bearer \(server.sessions.pass(for: hook))", "Accept: application/json",
      ]
      let path = "\(Route.events)?wait=60000"
      let ready = try await server.ask("GET", path, fields)
      let position = try #require(ready.text.firstMatch(of: /"id":"([^"]+)"/)).1
      async let news = server.ask("GET", "\(path)&since=\(position)", fields)
      // It was let in, and waits.
      try await server.untilHeard(by: 1)
      server.sessions.endProcess(hook)
      _ = try await server.askLocally("PATCH", "/v1/sessions/\(own)/storage", body: #"{"a":1}"#)
      #expect(try await news.problem == .authenticationRequired)
    }
  }

  @Test func nobodyElseHearsThem() async throws {
    try await serve { server, own, other, pass in
      let opened = try await server.ask("POST", Route.sessions)
      let client = try server.bearer(opened)
      func ask(_ session: String, _ fields: [String]) async throws -> ProblemType? {
        try await server.ask("GET", "\(Route.events)?session=\(session)", fields).problem
      }
      for accept in ["text/event-stream", "application/json"] {
        let accept = ["Accept: \(accept)"]
        #expect(try await ask(other, client + accept) == .notFound)
        #expect(try await ask(own, accept) == .notFound)
        #expect(try await ask("self", accept) == .authenticationRequired)
        #expect(try await ask("nonsense", pass + accept) == .notFound)
        #expect(try await ask("\(own)&session=\(own)", pass + accept) == .badRequest)
      }
    }
  }

  /// What a pass has opened ends with it, and what a session's processes hear with the session.
  @Test func streamsEndWithTheHookAndWithABrowsersSession() async throws {
    try await serve { server, own, _, _ in
      let sessions = server.sessions
      let hook = try sessions.beginProcess(of: SessionID(text: own), .hook, name: "h")
      let pass = ["Authorization: Bearer \(sessions.pass(for: hook))"]
      let client = try await server.tcp()
      _ = try await client.openEvents(host: server.host, pass)
      #expect(try await client.nextEvent()?.event?.name == "ready")
      let web = try sessions.openWeb(address: "10.0.0.1")
      let page = try await server.unix()
      let path = "\(Route.events)?session=\(web.visit.session.text)"
      _ = try await page.openEvents(path: path, host: "syncd", [])
      #expect(try await page.nextEvent()?.event?.name == "ready")

      sessions.endProcess(hook)
      #expect(try await client.nextBlock() == nil)
      _ = sessions.leaveWeb(web.cookie)
      #expect(try await page.nextBlock() == nil)
    }
  }

  /// While nobody new is let in, a hook hears events, and opens no clients.
  @Test func aPassOpensNoClients() async throws {
    try await serve { server, _, _, pass in
      _ = try await server.askLocally("PUT", Route.clientAdmission, body: #"{"acceptsNew":false}"#)
      #expect(try await server.ask("POST", Route.sessions, pass).problem == .notAccepting)
      let client = try await server.tcp()
      #expect(try await client.openEvents(host: server.host, pass).status == 200)
    }
  }

  /// A client that has as many processes as it may have does not choose whom its hook acts for.
  @Test func anOpeningHookActsForItsSessionOrNotAtAll() async throws {
    let script = "echo $SYNCD_SESSION $SYNCD_PROCESS_SESSION >>$LOG"
    let bench = try await HookBench([.openConnection: script])
    try await bench.serve { server in
      let opened = try await server.ask("POST", Route.sessions)
      let id = try opened.json(ClientSession.self).id
      for _ in 0..<62 {
        _ = try bench.sessions.beginProcess(of: SessionID(text: id), .events, name: "e")
      }
      let further = try await server.ask(
        "POST",
        Route.ownConnections,
        try server.bearer(opened),
        body: #"{"name":"Design"}"#
      )
      #expect(further.status == 201, "\(further.text)")
      #expect(try bench.log == "\(id) \(id)\n\(id) \(id)\n")
    }
  }

  /// Whoever waits for a storage and goes away is not given it.
  @Test func aWaiterThatLeavesIsForgotten() async throws {
    try await serve { server, own, _, pass in
      let base = "/v1/sessions/\(own)"
      func begin() async throws -> Int {
        try await server.askLocally("POST", "\(base)/processes", body: #"{"name":"p"}"#)
          .json(ProcessAnswer.self).number
      }
      func order(_ process: Int, waits: Bool) -> String {
        #"{"process":\#(process),"durationMs":30000,"waits":\#(waits)}"#
      }
      let (first, second, third) = (try await begin(), try await begin(), try await begin())
      let leases = "\(base)/storage/leases"
      let taken = try await server.askLocally("POST", leases, body: order(first, waits: false))
      do {
        let leaving = try await server.tcp()
        let body = order(second, waits: true)
        try await leaving.send(
          "POST \(leases) HTTP/1.1\r\nHost: \(server.host)\r\n\(pass[0])\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        try await server.untilMetric("syncd_storage_waiting", is: 1)
      }
      try await server.untilMetric("syncd_storage_waiting", is: 0)
      let lease = try taken.json(LeaseAnswer.self).lease
      #expect(try await server.askLocally("DELETE", "\(leases)/\(lease)").status == 204)
      let next = try await server.askLocally("POST", leases, body: order(third, waits: false))
      #expect(next.status == 201, "\(next.text)")
    }
  }
}
