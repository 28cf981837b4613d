import HTTPTypes
import Hummingbird
import Sessions
import SyncProtocol

/// Further connections of a session, named by its client: 4D's connection processes.
struct ConnectionRoutes: Sendable {
  let sessions: OpenSessions
  let hooks: ServerHooks?

  var endpoints: [Endpoint] {
    [
      Endpoint(
        path: Route.ownConnections,
        access: .session,
        methods: [.post: { request, context in try await open(request, context.caller) }]
      ),
      Endpoint(
        path: "\(Route.ownConnections)/:number",
        access: .session,
        methods: [.delete: { _, context in try await close(context) }]
      ),
    ]
  }

  private func open(_ request: Request, _ caller: Caller) async throws -> Response {
    let session = try Self.own(caller)
    let order = try await request.json(ProcessRequest.self, shape: "\"name\" as text")
    try order.checkName(of: "connection")
    let process = try await refusing { () throws(SessionRefusal) in
      try sessions.beginProcess(of: session.id, .client, name: order.name)
    }
    do throws(ProblemDetails) {
      try await hooks?.opening(session, process: process.number)
    } catch {
      sessions.endProcess(process)
      throw error
    }
    return try Response(json: ProcessAnswer(number: process.number), status: .created)
  }

  private func close(_ context: CallContext) async throws -> Response {
    let session = try Self.own(context.caller)
    let number: Int = try SessionPath.number("number", of: "process", in: context)
    let process = ProcessReference(session: session.id, number: number)
    let isThere = sessions.processes(of: session.id).contains { process in
      process.number == number && process.kind == .client && number > 1
    }
    guard isThere, sessions.endProcess(process) else {
      throw ProblemDetails(SessionRefusal.unknownProcess)
    }
    await hooks?.closed(session.id, process: number)
    return Response(status: .noContent)
  }

  private static func own(_ caller: Caller) throws(ProblemDetails) -> OpenSession {
    if let session = caller.session { return session }
    throw Access.session.refusal(of: caller, path: Route.ownConnections, isWrite: true)
  }
}
