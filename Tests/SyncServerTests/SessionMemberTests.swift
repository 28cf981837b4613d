import Foundation
import Sessions
import SyncProtocol
import SyncServer
import Testing

/// 4D's Session class over HTTP.
@Suite(.timeLimit(.minutes(3))) struct SessionMemberTests {
  private static let roles = #"""
    {"privileges":[{"privilege":"viewProducts","includes":[]},
      {"privilege":"sell","includes":["viewProducts"]}],
     "roles":[{"role":"Clerk","privileges":["sell"]}],
     "permissions":{"allowed":[]},"restrictedByDefault":false,"forceLogin":true}
    """#

  /// A server with roles, and a remote client's session in it.
  private func serve(
    _ semantics: SessionSemantics = .v21,
    _ body: (ServerFixture, OpenSessions, _ id: String, _ token: [String]) async throws -> Void
  ) async throws {
    let sessions = OpenSessions.ofTest(semantics)
    sessions.readRoles(Array(Self.roles.utf8))
    try await ServerFixture.with(sessions: sessions) { server in
      let opened = try await server.ask(
        "POST",
        Route.sessions,
        body: #"{"machineName":"tablet","systemUserName":"ann"}"#
      )
      let session = try opened.json(ClientSession.self)
      try await body(server, sessions, session.id, try server.bearer(opened))
    }
  }

  @Test func aRemoteReadsItsOwnInfoAndNobodyElses() async throws {
    try await serve { server, sessions, id, token in
      for path in ["self/info", "\(id)/info", id] {
        let info = try await server.ask("GET", "/v1/sessions/\(path)", token)
        #expect(info.status == 200)
        #expect(info.text.contains(#""machineName":"tablet""#), "\(info.text)")
        #expect(info.text.contains(#""type":"remote""#))
        #expect(info.text.contains(#""ID":"\#(id)""#))
        #expect(info.text.contains(#""IPAddress":"127.0.0.1""#))
      }
      let other = sessions.storedProcedures.text
      for path in [other, "\(other)/info", "nonsense/info", "\(other)/storage"] {
        let info = try await server.ask("GET", "/v1/sessions/\(path)", token)
        #expect(info.problem == .notFound, "\(path)")
      }
      let virtual = try await server.askLocally("GET", "/v1/sessions/\(other)/info")
      #expect(virtual.text.contains(#""type":"storedProcedure""#))
      let list = try await server.askLocally("GET", Route.activity)
      #expect(list.text.contains(id) && list.text.contains(other))
    }
  }

  @Test func theStorageIsOneObjectUnderARevision() async throws {
    try await serve { server, _, id, _ in
      let path = "/v1/sessions/\(id)/storage"
      let empty = try await server.askLocally("GET", path)
      #expect(empty.text == "{}" && empty["etag"] == "\"0\"")
      let first = try await server.askLocally(
        "PATCH",
        path,
        ["If-Match: \"0\""],
        body: #"{"cart":{"books":2},"note":"a"}"#
      )
      #expect(first["etag"] == "\"1\"")
      let stale = try await server.askLocally("PATCH", path, ["If-Match: \"0\""], body: #"{"x":1}"#)
      #expect(stale.problem == .revisionMismatch)
      #expect(stale["etag"] == "\"1\"")
      let second = try await server.askLocally(
        "PATCH",
        path,
        body: #"{"note":null,"cart":{"cds":1}}"#
      )
      #expect(second.text == #"{"cart":{"books":2,"cds":1}}"#)
      let same = try await server.askLocally("GET", path, ["If-None-Match: \"2\""])
      #expect(same.status == 304)
      #expect(try await server.askLocally("PATCH", path, body: "[1]").problem == .semanticInvalid)
      #expect(try await server.askLocally("PATCH", path, body: "{").problem == .badRequest)
      let big = "{\"x\":\"" + String(repeating: "y", count: 70_000) + "\"}"
      #expect(try await server.askLocally("PATCH", path, body: big).problem == .tooLarge)
    }
  }

  @Test func aLeaseKeepsOthersOut() async throws {
    try await serve { server, _, id, _ in
      let base = "/v1/sessions/\(id)"
      let path = "\(base)/storage"
      func begin(_ name: String) async throws -> Int {
        try await server.askLocally("POST", "\(base)/processes", body: #"{"name":"\#(name)"}"#)
          .json(ProcessAnswer.self).number
      }
      let (one, other) = (try await begin("one"), try await begin("other"))
      let taken = try await server.askLocally(
        "POST",
        "\(path)/leases",
        body: #"{"process":\#(one),"durationMs":20000}"#
      )
      let lease = try taken.json(LeaseAnswer.self).lease
      let refused = try await server.askLocally(
        "POST",
        "\(path)/leases",
        body: #"{"process":\#(other),"waits":false}"#
      )
      #expect(refused.problem == .locked)
      #expect(try await server.askLocally("PATCH", path, body: #"{"a":1}"#).problem == .locked)
      let written = try await server.askLocally(
        "PATCH",
        path + "?lease=\(lease)",
        body: #"{"a":1}"#
      )
      #expect(written.text == #"{"a":1}"#)
      async let waiting = server.askLocally(
        "POST",
        "\(path)/leases",
        body: #"{"process":\#(other)}"#
      )
      #expect(try await server.askLocally("DELETE", "\(path)/leases/\(lease)").status == 204)
      #expect(try await waiting.status == 201)
      let late = try await server.askLocally("DELETE", "\(path)/leases/\(lease)")
      #expect(late.problem == .conflict)
    }
  }

  @Test func privilegesAreSetReadAndCleared() async throws {
    try await serve { server, _, id, token in
      let path = "/v1/sessions/\(id)/privileges"
      let set = try await server.askLocally("POST", path, body: #"{"roles":"clerk, unknown"}"#)
      #expect(try set.json(PrivilegeList.self).privileges.sorted() == ["sell", "viewProducts"])
      let has = try await server.askLocally("GET", "\(path)/VIEWPRODUCTS")
      #expect(try has.json(PrivilegeAnswer.self).hasPrivilege)
      #expect(try await server.ask("GET", path, token).problem == .sameMachineOnly)
      #expect(try await server.askLocally("DELETE", path).status == 204)
      let none = try await server.askLocally("GET", path)
      #expect(try none.json(PrivilegeList.self).privileges.isEmpty)
      #expect(try await server.askLocally("POST", path, body: "7").problem == .badRequest)
    }
  }

  @Test func aProcessIsPromotedAndDemoted() async throws {
    try await serve { server, _, id, _ in
      let base = "/v1/sessions/\(id)"
      let begun = try await server.askLocally("POST", "\(base)/processes", body: #"{"name":"p"}"#)
      let number = try begun.json(ProcessAnswer.self).number
      let promotions = "\(base)/processes/\(number)/promotions"
      func promote(_ name: String) async throws -> Int {
        try await server.askLocally("POST", promotions, body: #"{"privilege":"\#(name)"}"#)
          .json(PromotionAnswer.self).id
      }
      let first = try await promote("sell")
      #expect(first > 0)
      #expect(try await promote("unknown") == 0)
      let path = "\(base)/privileges/sell"
      func has(_ query: String) async throws -> Bool {
        try await server.askLocally("GET", path + query).json(PrivilegeAnswer.self).hasPrivilege
      }
      #expect(try await has("?process=\(number)"))
      #expect(try await !has(""))
      #expect(try await server.askLocally("DELETE", "\(promotions)/\(first)").status == 204)
      #expect(try await !has("?process=\(number)"))
      #expect(try await server.askLocally("DELETE", "\(base)/processes/\(number)").status == 204)
      let gone = try await server.askLocally("DELETE", "\(base)/processes/\(number)")
      #expect(gone.problem == .notFound)
    }
  }

  /// A client's connection has a hook to be told, a browser's a cookie that leads to it.
  @Test func scriptsAloneAreEndedByTheirNumber() async throws {
    try await serve { server, sessions, id, token in
      let session = try #require(SessionID(text: id))
      let opened = try await server.ask("POST", Route.ownConnections, token, body: #"{"name":"c"}"#)
      let passcode = try await sessions.createOTP(of: session, for: .server)
      let visit = try await sessions.redeem(passcode, cookie: nil, address: "10.0.0.1")
      _ = try sessions.beginProcess(of: session, .events, name: "e")
      let hook = try server.hook(of: session)
      let script = try sessions.beginProcess(of: session, .script, name: "s")
      let before = sessions.processes(of: session)
      #expect(before.map(\.kind) == [.client, .client, .web, .events, .hook, .script])
      for process in before where process.kind != .script {
        for caller in [[], hook] {
          let path = "/v1/sessions/\(id)/processes/\(process.number)"
          let answer = try await server.askLocally("DELETE", path, caller)
          #expect(answer.problem == .conflict && answer.text.contains("is no script"))
        }
      }
      #expect(sessions.processes(of: session) == before)
      #expect(sessions.visit(try #require(visit).cookie)?.session == session)
      let path = "/v1/sessions/\(id)/processes/\(script.number)"
      #expect(try await server.askLocally("DELETE", path, hook).status == 204)
      // The client ends its own.
      let own = "\(Route.ownConnections)/\(try opened.json(ProcessAnswer.self).number)"
      #expect(try await server.ask("DELETE", own, token).status == 204)
    }
  }

  @Test(arguments: [#""#, #"\u001b[31mred\n"#, #"a\u009bb"#, #"a\u202eb"#])
  func aNameThatATerminalTakesAsAnOrderIsRefused(name: String) async throws {
    try await serve { server, _, id, token in
      let body = #"{"name":"\#(name)"}"#
      let connection = try await server.ask("POST", Route.ownConnections, token, body: body)
      #expect(connection.problem == .badRequest && connection.text.contains("A connection's name"))
      let path = "/v1/sessions/\(id)/processes"
      let process = try await server.askLocally("POST", path, body: body)
      #expect(process.problem == .badRequest && process.text.contains("A process's name"))
    }
  }

  @Test func aRefusalSaysWhatIsMissing() async throws {
    try await serve { server, _, id, token in
      let base = "/v1/sessions/\(id)"
      for (path, what) in [
        ("processes/x", "process"), ("processes/1/promotions/x", "promotion"),
        ("storage/leases/x", "lease"),
      ] {
        let answer = try await server.askLocally("DELETE", "\(base)/\(path)")
        #expect(answer.problem == .notFound)
        #expect(answer.text.contains("The session has no such \(what)."), "\(answer.text)")
      }
      let half = try await server.askLocally("POST", "\(base)/otp", body: #"{"lifespan":1.5}"#)
      #expect(half.problem == .badRequest && half.text.contains("a number is not whole"))
      let empty = try await server.askLocally("PATCH", "\(base)/storage")
      #expect(empty.text.contains("The body is not JSON: it is empty."), "\(empty.text)")
      // The resource as the documents have it.
      let remote = try await server.ask("GET", "\(base)/processes", token)
      #expect(remote.text.contains("/v1/sessions/{id}/processes answers"), "\(remote.text)")
      let over = ["Authorization: Bearer 00000000000000000000000000000000"]
      let dead = try await server.ask("GET", "/v1/sessions/self/info", over)
      #expect(dead.text.contains("No open session and no running hook"), "\(dead.text)")
    }
  }

  @Test func aPasscodeIsMadeForServerSideCallersAndWorksOnce() async throws {
    try await serve { server, sessions, id, token in
      let path = "/v1/sessions/\(id)/otp"
      #expect(try await server.ask("POST", path, token).problem == .sameMachineOnly)
      let made = try await server.askLocally("POST", path, body: #"{"lifespan":5}"#)
      #expect(made.status == 201)
      let otp = try made.json(PasscodeAnswer.self).otp
      let visit = try await sessions.redeem(otp, cookie: nil, address: "10.0.0.1")
      #expect(visit?.visit.session.text == id)
      #expect(try await sessions.redeem(otp, cookie: nil, address: "10.0.0.1") == nil)
      let long = try await server.askLocally("POST", path, body: #"{"lifespan":0}"#)
      #expect(long.problem == .badRequest)
      let virtual = "/v1/sessions/\(sessions.storedProcedures.text)/otp"
      #expect(try await server.askLocally("POST", virtual).problem == .conflict)
    }
  }

  @Test func withTheLaterSemanticsAClientHasAStorageOfItsOwn() async throws {
    try await serve(.v21R3) { server, _, id, token in
      let mine = try await server.ask(
        "PATCH",
        "/v1/sessions/self/storage",
        token,
        body: #"{"a":1}"#
      )
      #expect(mine.text == #"{"a":1}"#)
      let theirs = try await server.askLocally("GET", "/v1/sessions/\(id)/storage")
      #expect(theirs.text == "{}")
      #expect(try await server.ask("POST", "/v1/sessions/self/otp", token).status == 201)
      let set = try await server.ask(
        "POST",
        "/v1/sessions/self/privileges",
        token,
        body: "\"sell\""
      )
      #expect(set.problem == .sameMachineOnly)
    }
  }

  @Test func aSessionsOwnClientHearsOfItsChanges() async throws {
    let feed = SessionEventFeed()
    let sessions = OpenSessions.ofTest(listener: feed)
    sessions.readRoles(Array(Self.roles.utf8))
    try await ServerFixture.with(sessions: sessions, sessionEvents: feed) { server in
      var streams: [(id: String, client: TestClient)] = []
      for _ in 0..<2 {
        let opened = try await server.ask("POST", Route.sessions)
        let client = try await server.tcp()
        _ = try await client.openEvents(host: server.host, try server.bearer(opened))
        #expect(try await client.nextEvent()?.event?.name == "ready")
        streams.append((try opened.json(ClientSession.self).id, client))
      }
      let (first, second) = (streams[0], streams[1])
      let path = "/v1/sessions/\(first.id)"
      _ = try await server.askLocally("PATCH", "\(path)/storage", body: #"{"a":1}"#)
      let storage = try await first.client.nextEvent()?.event
      #expect(storage == .storage(SessionChange(revision: 1, to: first.id)))
      _ = try await server.askLocally("POST", "\(path)/privileges", body: "\"sell\"")
      let privileges = try await first.client.nextEvent()?.event
      #expect(privileges == .privileges(SessionChange(to: first.id)))
      // The other client hears of its own alone.
      let other = "/v1/sessions/\(second.id)/storage"
      _ = try await server.askLocally("PATCH", other, body: #"{"b":1}"#)
      let own = try await second.client.nextEvent()?.event
      #expect(own == .storage(SessionChange(revision: 1, to: second.id)))
    }
  }

  @Test func aClientAnnouncesThatItSleeps() async throws {
    try await serve { server, _, id, token in
      #expect(try await server.ask("POST", Route.ownSleep, token).status == 204)
      let asleep = try await server.askLocally("GET", "/v1/sessions/\(id)/info")
      #expect(asleep.text.contains(#""state":"sleeping""#), "\(asleep.text)")
      _ = try await server.ask("GET", "/v1/sessions/self/info", token)
      let awake = try await server.askLocally("GET", "/v1/sessions/\(id)/info")
      #expect(awake.text.contains(#""state":"active""#), "\(awake.text)")
    }
  }
}
