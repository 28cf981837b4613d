import Foundation
import ProjectHost
import ProjectModel
import Sessions
import SyncClient
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct SessionTests {
  private static let ann = #"{"user":"ann","password":"secret","development":true}"#

  @Test func onTheSameMachineTheDevelopmentModeIsAlwaysOn() async throws {
    try await ServerFixture.with { server in
      let body = #"{"user":"Kim","machineName":"mac-7","systemUserName":"kim"}"#
      let answer = try await server.askLocally("POST", Route.sessions, body: body)
      #expect(answer.status == 201)
      #expect(answer["location"] == Route.ownSession)
      let session = try answer.json(ClientSession.self)
      #expect(session.mode == .development)
      #expect(session.userName == "Kim")
      #expect(session.folders == server.project.folders)
      #expect(session.components == .own)
      #expect(session.token?.utf8.count == 32)
      #expect(session.revisions.catalog == "c1")
      #expect(session.generation?.gen == 1)
      let named = try await server.askLocally("POST", Route.sessions).json(ClientSession.self)
      #expect(!named.userName.isEmpty)
    }
  }

  @Test func aSessionHasEightRequestsUnderWayAndNoMore() async throws {
    try await ServerFixture.with { server in
      let bearer = try server.bearer(try await server.ask("POST", Route.sessions))
      let hello = try await server.ask("GET", Route.hello).json(Hello.self)
      let most = try #require(hello.limits?.requests)
      let stream = try await server.tcp()
      _ = try await stream.openEvents(host: server.host)
      let position = try #require(try await stream.nextEvent()?.id)
      var waiting: [TestClient] = []
      for number in 0..<most {
        let client = try await server.tcp()
        try await client.send(
          "GET \(Route.events)?topics=build&since=\(position)&wait=60000 HTTP/1.1\r\n"
            + "Host: \(server.host)\r\nAccept: application/json\r\n\(bearer.joined())\r\n\r\n"
        )
        waiting.append(client)
        // The stream hears events, too.
        try await server.untilHeard(by: number + 2)
      }
      let answer = try await server.ask("GET", Route.ownSession, bearer)
      #expect(answer.problem == .tooMany && answer["retry-after"] == "1")
      await server.project.events.post(.build(BuildState(state: .degraded, problems: [])))
      for client in waiting { #expect(try await client.response().status == 200) }
      #expect(try await server.ask("GET", Route.ownSession, bearer).status == 200)
    }
  }

  @Test func withoutAPasswordEverybodyIsTheDesignerAndReads() async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("POST", Route.sessions, body: #"{"user":"Kim"}"#)
      let session = try answer.json(ClientSession.self)
      #expect(session.userName == "Designer")
      #expect(session.mode == .remote)
      #expect(session.folders == nil)
      #expect(session.components == .server)
      #expect(session.challenge == nil)
      let asked = try await server.ask("POST", Route.sessions, body: #"{"development":true}"#)
      #expect(asked.problem == .developmentModeRefused)
    }
  }

  @Test(arguments: [
    ("{}", 401), (#"{"user":"ann"}"#, 401), (#"{"user":"ann","password":"x"}"#, 401),
    (#"{"user":"zoe","password":"secret"}"#, 401), (#"{"user":"bob","password":"secret"}"#, 201),
    (#"{"user":"bob","password":"secret","development":true}"#, 403), (ann, 201),
  ])
  func aProtectedProjectAsksForAUser(body: String, status: Int) async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let answer = try await server.ask("POST", Route.sessions, body: body)
      #expect(answer.status == status)
      #expect(!answer.text.contains("secret"))
    }
  }

  @Test func theFirstPasswordOfTheDesignerEndsWhatWasOpenToEverybody() async throws {
    try await ServerFixture.with { server in
      let open = try await server.ask("POST", Route.sessions)
      let fields = try server.bearer(open)
      let streams = [try await server.tcp(), try await server.tcp(), try await server.unix()]
      _ = try await streams[0].openEvents(host: server.host)
      _ = try await streams[1].openEvents(host: server.host, fields)
      _ = try await streams[2].openEvents(host: "here")
      for stream in streams { _ = try await stream.nextEvent() }
      server.project.protect()
      #expect(try await server.ask("GET", Route.ownSession, fields).status == 401)
      let change = RevisionChange(revision: "d2", since: "d1", changed: nil)
      await server.project.events.post(.directory(change))
      for stream in streams[..<2] {
        while try await stream.nextBlock() != nil {}
      }
      try await server.project.publish(2)
      while let event = try await streams[2].nextEvent()?.event {
        if case .reconnectRequired = event { break }
      }
    }
  }

  @Test func whoIsTakenOutOfTheGroupDevelopsNoMore() async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let opened = try await server.ask("POST", Route.sessions, body: Self.ann)
      let challenge = try #require(try opened.json(ClientSession.self).challenge)
      let file = URL(filePath: server.project.root).appending(path: challenge.file)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(challenge.nonce.utf8).write(to: file)
      let fields = try server.bearer(opened)
      #expect(try await server.ask("POST", Route.ownDevelopment, fields).status == 200)
      #expect(try await server.ask("GET", Route.locks, fields).status == 200)
      server.project.takeAnnOut()
      #expect(try await server.ask("GET", Route.locks, fields).problem == .developmentModeRefused)
    }
  }

  @Test func aSessionKeepsItsGenerationUntilItEnds() async throws {
    try await ServerFixture.with { server in
      let first = try server.bearer(try await server.ask("POST", Route.sessions))
      _ = try await server.ask("POST", Route.sessions)
      #expect(server.project.pins.map(\.hex) == [ServerFixture.digest, ServerFixture.digest])
      #expect(try await server.ask("DELETE", Route.ownSession, first).status == 204)
      #expect(server.project.pins.map(\.hex) == [ServerFixture.digest])
    }
  }

  @Test func guessingIsSlowedDown() async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let wrong = #"{"user":"ann","password":"x"}"#
      for _ in 0..<4 {
        #expect(try await server.ask("POST", Route.sessions, body: wrong).status == 401)
      }
      let fifth = try await server.ask("POST", Route.sessions, body: Self.ann)
      #expect(fifth.problem == .tooMany)
      #expect((1...10).contains(Int(fifth["retry-after"] ?? "") ?? 0))
    }
  }

  @Test func theTokenIsToldOnceAndEndsWithTheSession() async throws {
    try await ServerFixture.with { server in
      let opened = try await server.ask("POST", Route.sessions)
      let fields = try server.bearer(opened)
      let read = try await server.ask("GET", Route.ownSession, fields).json(ClientSession.self)
      let id = try opened.json(ClientSession.self).id
      #expect(read.id == id)
      #expect(read.token == nil)
      #expect(try await server.ask("DELETE", Route.ownSession, fields).status == 204)
      #expect(
        try await server.ask("GET", Route.ownSession, fields).problem == .authenticationRequired
      )
    }
  }

  @Test func writingTheNamedFileGivesTheDevelopmentMode() async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let address = ServerAddress(host: "127.0.0.1", port: server.port)
      let open = ServerConnection(.tcp(address))
      let session = try await open.openSession(
        SessionRequest(user: "ann", password: "secret", development: true)
      )
      #expect(session.mode == .remote)
      let own = open.inSession(try #require(session.token))
      let error = await #expect(throws: ClientError.self) { try await own.saveAll() }
      #expect(error?.problem?.problemType == .readOnly)
      let challenge = try #require(session.challenge)
      let folder = server.project.root + "/.syncd"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let file = URL(fileURLWithPath: server.project.root + "/" + challenge.file)
      try Data(challenge.nonce.utf8).write(to: file)
      #expect(try await own.startDevelopment().mode == .development)
      #expect(!FileManager.default.fileExists(atPath: folder))
      #expect(try await own.saveAll().outcome == .published)
      #expect(try await own.session().folders == nil)
    }
  }

  @Test func withoutTheFileThereIsNoDevelopmentMode() async throws {
    try await ServerFixture.with { server in
      server.project.protect()
      let opened = try await server.ask("POST", Route.sessions, body: Self.ann)
      let challenge = try #require(try opened.json(ClientSession.self).challenge)
      let fields = try server.bearer(opened)
      let answer = try await server.ask("POST", Route.ownDevelopment, fields)
      #expect(answer.problem == .developmentModeRefused)
      // Used up: the file comes too late.
      let folder = server.project.root + "/.syncd"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let file = URL(fileURLWithPath: server.project.root + "/" + challenge.file)
      try Data(challenge.nonce.utf8).write(to: file)
      let again = try await server.ask("POST", Route.ownDevelopment, fields)
      #expect(again.problem == .developmentModeRefused)
    }
  }

  @Test(arguments: [
    "[]", #"{"user":7}"#, #"{"user":"a\u0000b"}"#, #"{"machineName":"a\nb"}"#,
    #"{"client":"\#(String(repeating: "x", count: 256))"}"#,
  ])
  func whatIsNotUnderstoodIsABadRequest(body: String) async throws {
    try await ServerFixture.with { server in
      let answer = try await server.ask("POST", Route.sessions, body: body)
      #expect(answer.problem == .badRequest)
    }
  }

  @Test func aSessionWithoutRequestsOrStreamEndsAndItsLocksGo() async throws {
    let clock = StillClock()
    let sessions = OpenSessions.ofTest(clock: clock)
    try await ServerFixture.with(sessions: sessions) { server in
      let local = ServerConnection(.unixSocket(server.socketPath))
      let token = try #require(try await local.openSession(SessionRequest()).token)
      _ = try await local.inSession(token).lock(LockTarget(.settings))
      #expect(try await local.locks().locks.count == 1)
      clock.advance(by: .seconds(91))
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await !local.locks().locks.isEmpty, ContinuousClock().now < limit {}
      #expect(try await local.locks().locks.isEmpty)
      await #expect(throws: ClientError.self) { try await local.inSession(token).session() }
    }
  }

  @Test func aRequestUnderWayKeepsItsSession() async throws {
    let clock = StillClock()
    let sessions = OpenSessions.ofTest(clock: clock)
    try await ServerFixture.with(sessions: sessions) { server in
      let fields = try server.bearer(try await server.askLocally("POST", Route.sessions))
      server.project.holdReloads()
      async let reload = server.askLocally("POST", Route.reload, fields)
      // Before the request is waited for, however this ends.
      defer { server.project.releaseReloads() }
      for await _ in server.project.reloadBegan { break }
      let local = ServerConnection(.unixSocket(server.socketPath))
      let token = try #require(try await local.openSession(SessionRequest()).token)
      _ = try await local.inSession(token).lock(LockTarget(.compile))
      clock.advance(by: .seconds(91))
      // When the lock of a later session is gone, those whose time is over have been looked for.
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await !local.locks().locks.isEmpty, ContinuousClock().now < limit {}
      #expect(try await server.askLocally("GET", Route.ownSession, fields).status == 200)
      server.project.releaseReloads()
      let answer = try await reload
      #expect(answer.status == 200)
    }
  }

  @Test func aStreamKeepsItsSessionAndEndsWithIt() async throws {
    let clock = StillClock()
    let sessions = OpenSessions.ofTest(clock: clock)
    try await ServerFixture.with(sessions: sessions) { server in
      let opened = try await server.ask("POST", Route.sessions)
      let fields = try server.bearer(opened)
      let stream = try await server.tcp()
      #expect(try await stream.openEvents(host: server.host, fields).status == 200)
      let short = try await server.ask("POST", Route.sessions)
      let local = ServerConnection(.unixSocket(server.socketPath))
      let token = try #require(try await local.openSession(SessionRequest()).token)
      _ = try await local.inSession(token).lock(LockTarget(.compile))
      clock.advance(by: .seconds(91))
      // When the lock of a later session is gone, those whose time is over have been looked for.
      let limit = ContinuousClock().now.advanced(by: .seconds(60))
      while try await !local.locks().locks.isEmpty, ContinuousClock().now < limit {}
      #expect(try await server.ask("GET", Route.ownSession, try server.bearer(short)).status == 401)
      #expect(try await server.ask("GET", Route.ownSession, fields).status == 200)
      #expect(try await server.ask("DELETE", Route.ownSession, fields).status == 204)
      while try await stream.nextBlock() != nil {}
    }
  }

  @Test func aServerForOneUserOpensNoOtherSession() async throws {
    let sessions = OpenSessions.ofTest()
    let server = ServerIdentity(userName: "ann", machineName: "desk", systemUserName: "ann")
    let own = sessions.openStandalone(server).text
    try await ServerFixture.with(
      sessions: sessions,
      configure: { $0.isStandalone = true }
    ) { server in
      let remote = try await server.ask("POST", Route.sessions)
      let local = try await server.askLocally("POST", Route.sessions)
      let hook = try await server.ask("POST", Route.sessions, try server.hook())
      for refused in [remote, local, hook] {
        #expect(refused.problem == .notAccepting && refused.text.contains("for one user"))
      }
      #expect(sessions.count(.remote) == 0)
      // Programs of the machine work in his.
      let path = "/v1/sessions/\(own)"
      let patched = try await server.askLocally("PATCH", "\(path)/storage", body: #"{"a":1}"#)
      #expect(patched.status == 200)
      let begun = try await server.askLocally("POST", "\(path)/processes", body: #"{"name":"p"}"#)
      #expect(begun.status == 201)
      #expect(try await server.askLocally("POST", Route.reload).status == 200)
      #expect(try await server.askLocally("POST", Route.barriers).status == 200)
      let stream = try await server.unix()
      let events = "\(Route.events)?session=\(own)"
      #expect(try await stream.openEvents(path: events, host: "syncd", []).status == 200)
      let others = try await server.tcp()
      #expect(try await others.openEvents(host: server.host, []).status == 503)
    }
  }

  @Test(arguments: [#"a\u009b2J"#, #"a\u007f"#, #"a\u202eb"#, #"a\u2069b"#])
  func aTextThatATerminalTakesAsAnOrderIsRefused(name: String) async throws {
    try await ServerFixture.with { server in
      let body = #"{"machineName":"\#(name)"}"#
      let answer = try await server.ask("POST", Route.sessions, body: body)
      #expect(answer.problem == .badRequest)
    }
  }
}
