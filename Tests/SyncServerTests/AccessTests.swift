import Foundation
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct AccessTests {
  /// Sends a request of one grade; sessions are new each time.
  private func ask(
    _ row: AccessTable.Row,
    as grade: AccessTable.Grade,
    _ server: ServerFixture,
    remoteLogin: String = "{}"
  ) async throws -> TestResponse {
    switch grade {
    case .sameMachine, .socketGroup:
      return try await server.askLocally(row.method, row.path)
    case .anonymous: return try await server.ask(row.method, row.path)
    case .development:
      let session = try await server.askLocally("POST", Route.sessions)
      return try await server.ask(row.method, row.path, try server.bearer(session))
    case .remote:
      let session = try await server.ask("POST", Route.sessions, body: remoteLogin)
      return try await server.ask(row.method, row.path, try server.bearer(session))
    }
  }

  private func check(_ row: AccessTable.Row, _ grade: AccessTable.Grade, _ answer: TestResponse) {
    guard let index = AccessTable.Grade.allCases.firstIndex(of: grade) else { return }
    let place: Comment = "\(row.method) \(row.path) as \(grade)"
    switch row.answers[index] {
    case .yes:
      #expect(![401, 403].contains(answer.status), place)
      #expect(answer.problem != .readOnly, place)
    case .no(let problem): #expect(answer.problem == problem, place)
    }
  }

  @Test(arguments: [false, true])
  func everyResourceAnswersWhomItShould(isProtected: Bool) async throws {
    try await ServerFixture.with { server in
      if isProtected { server.project.protect() }
      let clients = isProtected ? AccessTable.protectedRows : AccessTable.clientRows
      for row in AccessTable.rows + clients {
        for grade in AccessTable.Grade.allCases where grade != .socketGroup {
          let login = #"{"user":"bob","password":"secret"}"#
          check(row, grade, try await ask(row, as: grade, server, remoteLogin: login))
        }
      }
    }
  }

  @Test(arguments: [false, true])
  func theSocketGroupMayReloadAndSaveAll(isProtected: Bool) async throws {
    // This process's own group stands for the other one; its account is made a foreign one.
    try await ServerFixture.with(configure: { configuration in
      configuration.ownUser += 1
      configuration.socketGroup = getegid()
    }) { server in
      if isProtected { server.project.protect() }
      let clients = isProtected ? AccessTable.protectedRows : AccessTable.clientRows
      for row in AccessTable.rows + clients {
        check(row, .socketGroup, try await ask(row, as: .socketGroup, server))
      }
    }
  }

  @Test func theTableHasEveryResource() async throws {
    try await ServerFixture.with { server in
      let paths = (AccessTable.rows + AccessTable.clientRows).map(\.path)
      for path in paths {
        let answer = try await server.askLocally("PATCH", path)
        #expect(answer.problem == .methodNotAllowed)
        for method in (answer["allow"] ?? "").split(separator: ", ") where method != "HEAD" {
          let isListed = (AccessTable.rows + AccessTable.clientRows).contains { row in
            row.method == method && row.path == path
          }
          #expect(isListed, "\(method) \(path)")
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
  /// The field that carries the token of an opened session.
  func bearer(_ answer: TestResponse) throws -> [String] {
    let session = try answer.json(ClientSession.self)
    return ["Authorization: Bearer \(try #require(session.token))"]
  }
}
