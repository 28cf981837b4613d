import Foundation
import HTTPTypes
import Hummingbird
import ProjectHost
import Sessions
import SyncProtocol

/// The clients administration: who is connected, messages, dropping, and letting nobody new in.
struct ClientRoutes: Sendable {
  let project: any ServedProject
  let sessions: OpenSessions
  let roster: StreamRoster
  let ends: SessionEnds

  var endpoints: [Endpoint] {
    [
      .read(Route.clients, .sameMachine) { _, _ in try Response(json: list()) },
      Endpoint(
        path: Route.clientMessages,
        access: .sameMachine,
        methods: [.post: { request, _ in try await send(request) }]
      ),
      Endpoint(
        path: Route.clientAdmission,
        access: .sameMachine,
        methods: [
          .get: { _, _ in try Response(json: ClientAdmission(acceptsNew: roster.acceptsNew)) },
          .put: { request, _ in try await setAdmission(request) },
        ]
      ),
      Endpoint(
        path: "\(Route.clients)/:id",
        access: .sameMachine,
        methods: [.delete: { _, context in try await drop(context.parameter("id")) }]
      ),
    ]
  }

  private func list() -> ClientList {
    let streams = Dictionary(grouping: roster.entries, by: \.client)
    var clients = sessions.sessions.map { session in
      ConnectedClient(
        id: session.id.text,
        userName: session.userName,
        machineName: session.machineName.isEmpty ? nil : session.machineName,
        systemUserName: session.systemUserName.isEmpty ? nil : session.systemUserName,
        client: session.client,
        mode: session.isDeveloper ? .development : .remote,
        generation: session.generation?.id,
        since: session.since,
        connections: streams[session.id.text, default: []].map(\.connection)
      )
    }
    for (client, entries) in streams where entries.first?.session == nil {
      clients.append(
        ConnectedClient(
          id: client,
          since: entries.first?.connection.since ?? "",
          connections: entries.map(\.connection)
        )
      )
    }
    clients.sort { ($0.since, $0.id) < ($1.since, $1.id) }
    return ClientList(clients: clients, acceptsNew: roster.acceptsNew)
  }

  private func send(_ request: Request) async throws -> Response {
    let order = try await request.json(
      ClientMessageRequest.self,
      shape: "\"text\" and, for one client alone, \"to\" with its id"
    )
    guard !order.text.isEmpty, order.text.utf8.count <= ClientMessageRequest.longestText else {
      throw ProblemDetails(
        .badRequest,
        detail: "A message has from 1 to \(ClientMessageRequest.longestText) bytes."
      )
    }
    if let client = order.to { try find(client) }
    let message = OperatorMessage(text: order.text, at: Date.now.ISO8601Format(), to: order.to)
    await project.events.post(.message(message))
    return Response(status: .noContent)
  }

  private func setAdmission(_ request: Request) async throws -> Response {
    let order = try await request.json(
      ClientAdmission.self,
      shape: "\"acceptsNew\" as true or false"
    )
    roster.acceptsNew = order.acceptsNew
    return try Response(json: order)
  }

  private func drop(_ client: String) async throws -> Response {
    try find(client)
    // Its streams end behind this event, on their own loops.
    await project.events.post(.session(SessionEnded(.dropped, to: client)))
    if let session = sessions.sessions.first(where: { $0.id.text == client }) {
      await ends.close(session.id, endsStreams: false)
    }
    return Response(status: .noContent)
  }

  private func find(_ client: String) throws(ProblemDetails) {
    let isThere =
      sessions.sessions.contains { $0.id.text == client }
      || roster.entries.contains { $0.client == client }
    guard isThere else {
      throw ProblemDetails(
        .notFound,
        detail: "There is no client \(client.prefix(64)): GET \(Route.clients) lists them."
      )
    }
  }
}
