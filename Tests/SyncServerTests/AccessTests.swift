import Foundation
import Sessions
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct AccessTests {
  /// Sends a request of one grade; sessions are new each time.
  private func ask(
    _ row: AccessTable.Row,
    as grade: AccessTable.Grade,
    _ server: ServerFixture,
    remoteLogin: String = "{}"
  ) async throws -> TestResponse {
    switch grade {
    case .sameMachine, .socketGroup:
      return try await server.askLocally(row.method, row.path(for: grade))
    case .anonymous: return try await server.ask(row.method, row.path(for: grade))
    case .hook:
      let session = try await server.askLocally("POST", Route.sessions).json(ClientSession.self)
      let token = try server.hook(of: SessionID(text: session.id))
      return try await server.ask(row.method, row.path(for: grade, session: session.id), token)
    case .development:
      let session = try await server.askLocally("POST", Route.sessions)
      return try await server.ask(row.method, row.path(for: grade), try server.bearer(session))
    case .remote:
      let session = try await server.ask("POST", Route.sessions, body: remoteLogin)
      return try await server.ask(row.method, row.path(for: grade), try server.bearer(session))
    }
  }

  private func check(
    _ row: AccessTable.Row,
    _ grade: AccessTable.Grade,
    _ isProtected: Bool,
    _ answer: TestResponse
  ) throws {
    let place: Comment = "\(row.method) \(row.template) as \(grade), protected: \(isProtected)"
    switch try row.answer(to: grade, isProtected: isProtected) {
    case .yes:
      // A challenge that was never given is refused as the development mode itself is.
      let isOwn = row.template == Route.ownDevelopment && answer.problem == .developmentModeRefused
      #expect(![401, 403].contains(answer.status) || isOwn, place)
      #expect(answer.problem != .readOnly, place)
    case .no(let problem):
      #expect(answer.problem == problem, place)
      #expect(answer.status == problem.status, place)
    }
  }

  @Test(arguments: [false, true])
  func everyResourceAnswersWhomItShould(isProtected: Bool) async throws {
    try await ServerFixture.with { server in
      if isProtected { server.project.protect() }
      for row in try AccessTable().rows {
        for grade in AccessTable.Grade.allCases where grade != .socketGroup {
          let login = #"{"user":"bob","password":"secret"}"#
          let answer = try await ask(row, as: grade, server, remoteLogin: login)
          try check(row, grade, isProtected, answer)
        }
      }
    }
  }

  /// On an address of the network nobody is the same machine; all else is as on loopback.
  @Test(.enabled(if: Tool.hasPeers), arguments: [false, true])
  func anAddressOfTheNetworkAnswersTheSame(isProtected: Bool) async throws {
    try await TLSTests.serve { server in
      if isProtected { server.project.protect() }
      let file = server.folder + "/table.json"
      var cases: [[String]] = []
      let table = try AccessTable()
      for row in table.rows {
        cases.append([row.method, row.path(for: .remote), row.path(for: .anonymous)])
      }
      try JSONEncoder().encode(cases).write(to: URL(filePath: file))
      let login = isProtected ? #"{"user":"bob","password":"secret"}"# : "{}"
      let output = try await Tool.run(
        "python3",
        ["-I", "-c", Self.overTLS, "\(server.port)", file, login]
      )
      let said = try JSONDecoder().decode([[[String?]]].self, from: Data(output.utf8))
      try #require(said.count == table.rows.count, "\(output)")
      for (row, answers) in zip(table.rows, said) where row.template != Route.proof {
        for (grade, answer) in zip([AccessTable.Grade.remote, .anonymous], answers) {
          let place: Comment = "\(row.method) \(row.template) as \(grade) over TLS"
          switch try row.answer(to: grade, isProtected: isProtected) {
          case .yes: #expect(!["401", "403"].contains(answer[0]), place)
          case .no(let problem): #expect(answer[1]?.hasSuffix(problem.rawValue) == true, place)
          }
        }
      }
    }
  }

  /// Asks every case in a session of its own and without one; prints statuses and problem types.
  private static let overTLS = """
    import http.client, json, ssl, sys
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    def ask(method, path, fields={}, body=None):
        server = http.client.HTTPSConnection('localhost', int(sys.argv[1]), context=context)
        server.request(method, path, body, fields)
        answer = server.getresponse()
        kind = answer.getheader('content-type', '')
        if 'event-stream' in kind: return answer.status, {}
        text = answer.read()
        return answer.status, json.loads(text) if 'json' in kind and text else {}
    answers = []
    for method, own, path in json.load(open(sys.argv[2])):
        _, session = ask('POST', '/v1/sessions', {}, sys.argv[3])
        pair = []
        for path, fields in ((own, {'Authorization': 'Bearer ' + session['token']}), (path, {})):
            if path == '/v1/events': fields['Accept'] = 'text/event-stream'
            status, body = ask(method, path, fields)
            pair.append([str(status), body.get('type')])
        answers.append(pair)
    print(json.dumps(answers))
    """

  @Test(arguments: [false, true])
  func theSocketGroupMayReloadAndSaveAll(isProtected: Bool) async throws {
    // This process's own group stands for the other one; its account is made a foreign one.
    try await ServerFixture.with(configure: { configuration in
      configuration.ownUser += 1
      configuration.socketGroup = getegid()
    }) { server in
      if isProtected { server.project.protect() }
      for row in try AccessTable().rows {
        try check(row, .socketGroup, isProtected, await ask(row, as: .socketGroup, server))
      }
    }
  }

  @Test func theTableHasEveryResource() async throws {
    try await ServerFixture.with { server in
      let rows = try AccessTable().rows
      #expect(rows.count > 30)
      for template in Set(rows.map(\.template)) {
        let path = rows.first { $0.template == template }?.path(for: .sameMachine) ?? ""
        let answer = try await server.askLocally("PROPFIND", path)
        #expect(answer.problem == .methodNotAllowed)
        for method in (answer["allow"] ?? "").split(separator: ", ") where method != "HEAD" {
          let isListed = rows.contains { $0.method == method && $0.template == template }
          #expect(isListed, "\(method) \(template)")
        }
      }
    }
  }

  @Test func aTokenThatNobodyHasIsRefusedWhereItMatters() async throws {
    try await ServerFixture.with { server in
      let fields = ["Authorization: Bearer 00000000000000000000000000000000"]
      let refused = try await server.ask("GET", Route.currentGeneration, fields)
      #expect(refused.problem == .authenticationRequired)
      #expect(refused["www-authenticate"] == "Bearer")
      #expect(try await server.ask("GET", Route.events, fields).problem == .authenticationRequired)
      #expect(try await server.ask("GET", Route.hello, fields).status == 200)
    }
  }
}

extension ServerFixture {
  /// The field that carries the token of a hook, which acts for a session.
  func hook(of session: SessionID? = nil) throws -> [String] {
    let process = try sessions.beginProcess(of: session, .hook, name: "on-server-startup")
    return ["Authorization: Bearer \(sessions.pass(for: process))"]
  }

  /// The field that carries the token of an opened session.
  func bearer(_ answer: TestResponse) throws -> [String] {
    let session = try answer.json(ClientSession.self)
    return ["Authorization: Bearer \(try #require(session.token))"]
  }
}
