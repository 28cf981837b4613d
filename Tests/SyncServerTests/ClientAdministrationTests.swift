import Foundation
import ProjectHost
import SyncProtocol
import SyncServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct ClientAdministrationTests {
  private func list(_ server: ServerFixture) async throws -> ClientList {
    try await server.askLocally("GET", Route.clients).json(ClientList.self)
  }

  private func bearer(_ server: ServerFixture) async throws -> (id: String, fields: [String]) {
    let body = #"{"user":"Kim","machineName":"mac-7","client":"test 1","api":{"min":1,"max":9}}"#
    let answer = try await server.ask("POST", Route.sessions, body: body)
    let session = try answer.json(ClientSession.self)
    #expect(session.api == 1)
    return (session.id, try server.bearer(answer))
  }

  @Test func everyClientIsListedWithItsConnections() async throws {
    try await ServerFixture.with(generation: 4) { server in
      #expect(try await list(server).clients == [])
      let kim = try await bearer(server)
      let stream = try await server.tcp()
      _ = try await stream.openEvents(host: server.host, kim.fields)
      _ = try await stream.nextEvent()
      let socket = try await server.tcp()
      _ = try await socket.openWebSocket(host: server.host)
      _ = try await socket.nextFrame()
      let clients = try await list(server).clients
      let session = try #require(clients.first { $0.id == kim.id })
      #expect(session.machineName == "mac-7")
      #expect(session.client == "test 1")
      #expect(session.generation == "abc:4")
      #expect(session.connections.map(\.transport) == [.serverSentEvents])
      #expect(session.connections.map(\.address) == ["127.0.0.1"])
      let bare = try #require(clients.first { $0.userName == nil })
      #expect(bare.connections.map(\.transport) == [.webSocket])
      #expect(clients.count == 2)
    }
  }

  @Test func aMessageGoesToEverybodyOrToOne() async throws {
    try await ServerFixture.with { server in
      let kim = try await bearer(server)
      let one = try await server.tcp()
      _ = try await one.openEvents(host: server.host, kim.fields)
      let other = try await server.tcp()
      _ = try await other.openEvents(host: server.host)
      for stream in [one, other] { _ = try await stream.nextEvent() }
      let answer = try await server.askLocally(
        "POST",
        Route.clientMessages,
        body: #"{"text":"only Kim","to":"\#(kim.id)"}"#
      )
      #expect(answer.status == 204)
      _ = try await server.askLocally("POST", Route.clientMessages, body: #"{"text":"all"}"#)
      var texts: [[String]] = []
      for stream in [one, other] {
        var seen: [String] = []
        while seen.last != "all", let event = try await stream.nextEvent()?.event {
          if case .message(let message) = event { seen.append(message.text) }
        }
        texts.append(seen)
      }
      #expect(texts == [["only Kim", "all"], ["all"]])
      let unknown = #"{"text":"x","to":"nobody"}"#
      let refused = try await server.askLocally("POST", Route.clientMessages, body: unknown)
      #expect(refused.status == 404)
      let empty = try await server.askLocally("POST", Route.clientMessages, body: #"{"text":""}"#)
      #expect(empty.status == 400)
    }
  }

  @Test func aDroppedClientIsToldAndGone() async throws {
    try await ServerFixture.with { server in
      let kim = try await bearer(server)
      let stream = try await server.tcp()
      _ = try await stream.openEvents(host: server.host, kim.fields)
      _ = try await stream.nextEvent()
      let bare = try await server.tcp()
      _ = try await bare.openWebSocket(host: server.host)
      _ = try await bare.nextFrame()
      for client in try await list(server).clients {
        let answer = try await server.askLocally("DELETE", "\(Route.clients)/\(client.id)")
        #expect(answer.status == 204)
      }
      #expect(try await stream.nextEvent()?.event == .session(SessionEnded(.dropped, to: kim.id)))
      #expect(try await stream.nextBlock() == nil)
      #expect(try await bare.nextFrame().event == "session")
      #expect(try await bare.nextFrame().status == 1001)
      #expect(try await server.ask("GET", Route.ownSession, kim.fields).status == 401)
      let again = try await server.askLocally("DELETE", "\(Route.clients)/\(kim.id)")
      #expect(again.status == 404)
    }
  }

  @Test func newClientsAreRefusedAndOldOnesStay() async throws {
    try await ServerFixture.with { server in
      let kim = try await bearer(server)
      let closed = #"{"acceptsNew":false}"#
      #expect(try await server.askLocally("PUT", Route.clientAdmission, body: closed).status == 200)
      #expect(try await list(server).acceptsNew == false)
      #expect(try await server.ask("POST", Route.sessions).problem == .notAccepting)
      #expect(try await server.tcp().openEvents(host: server.host).status == 503)
      let known = try await server.tcp()
      #expect(try await known.openEvents(host: server.host, kim.fields).status == 200)
      #expect(try await server.unix().openEvents(host: "here").status == 200)
      let open = #"{"acceptsNew":true}"#
      #expect(try await server.askLocally("PUT", Route.clientAdmission, body: open).status == 200)
      #expect(try await server.ask("POST", Route.sessions).status == 201)
    }
  }

  @Test(arguments: [(2, 3, "newer server"), (0, 0, "newer client"), (3, 2, "the client 3 to 2")])
  func anUnknownVersionGetsASentence(least: Int, most: Int, advice: String) async throws {
    try await ServerFixture.with { server in
      let body = #"{"api":{"min":\#(least),"max":\#(most)}}"#
      let answer = try await server.ask("POST", Route.sessions, body: body)
      #expect(answer.problem == .apiUnsupported)
      #expect(answer.status == 400)
      #expect(answer.text.contains(advice))
    }
  }

  @Test func manyMessagesToASlowClientCostItsOldestAndNoNotice() async throws {
    try await ServerFixture.with { server in
      let slow = try await server.tcp(receiveBuffer: 4_096)
      _ = try await slow.openEvents(host: server.host)
      _ = try await slow.nextEvent()
      let text = String(repeating: "x", count: 4_000)
      for number in 0..<400 {
        let message = OperatorMessage(text: "\(number) \(text)", at: "", to: nil)
        await server.project.events.post(.message(message))
        if number == 100 { try await server.project.publish(2) }
      }
      var numbers: [Int] = []
      var sawNotice = false
      while numbers.last != 399, let event = try await slow.nextEvent()?.event {
        if case .message(let message) = event {
          numbers.append(Int(message.text.prefix { $0 != " " }) ?? -1)
        } else if case .reconnectRequired = event {
          sawNotice = true
        }
      }
      #expect(sawNotice)
      #expect(numbers == numbers.sorted())
    }
  }
}
