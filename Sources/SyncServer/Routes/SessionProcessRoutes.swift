import HTTPTypes
import Hummingbird
import Sessions
import SyncProtocol

/// The processes of sessions, for those who run the server, and for scripts that work in one.
struct SessionProcessRoutes: Sendable {
  private static let path = "\(Route.sessions)/:id/processes"

  let sessions: OpenSessions

  var endpoints: [Endpoint] {
    [
      // As 4D's `Process activity` tells it (4d-domain §9.4).
      .read(Route.activity, .serverSide) { _, context in
        let caller = SessionCaller(context.caller)
        let activity = try await refusing { () throws(SessionRefusal) in
          try sessions.activity(for: caller)
        }
        return try Response(json: activity)
      },
      Endpoint(
        path: Self.path,
        access: .serverSide,
        methods: [
          .get: { _, context in try await list(SessionPath(context)) },
          .post: { request, context in try await begin(request, SessionPath(context)) },
        ]
      ),
      Endpoint(
        path: "\(Self.path)/:number",
        access: .serverSide,
        methods: [.delete: { _, context in try await end(SessionPath(context), context) }]
      ),
      Endpoint(
        path: "\(Self.path)/:number/promotions",
        access: .serverSide,
        methods: [
          .post: { request, context in try await promote(request, SessionPath(context), context) }
        ]
      ),
      Endpoint(
        path: "\(Self.path)/:number/promotions/:promotion",
        access: .serverSide,
        methods: [.delete: { _, context in try await demote(SessionPath(context), context) }]
      ),
    ]
  }

  private func list(_ path: SessionPath) async throws -> Response {
    let activity = try await refusing { () throws(SessionRefusal) in
      try sessions.activity(of: path.id, for: path.caller)
    }
    guard let activity else { throw ProblemDetails(SessionRefusal.unknownSession) }
    return try Response(json: activity)
  }

  // Who may change a session may work in it.
  private func begin(_ request: Request, _ path: SessionPath) async throws -> Response {
    let order = try await request.json(ProcessRequest.self, shape: "\"name\" as text")
    try order.checkName(of: "process")
    try await path.check(.setPrivileges, in: sessions)
    let process = try await refusing { () throws(SessionRefusal) in
      try sessions.beginProcess(of: path.id, .script, name: order.name)
    }
    return try Response(json: ProcessAnswer(number: process.number), status: .created)
  }

  private func end(_ path: SessionPath, _ context: CallContext) async throws -> Response {
    let process = try Self.process(path, context)
    try await path.check(.setPrivileges, in: sessions)
    try await refusing { () throws(SessionRefusal) in try sessions.endScript(process) }
    return Response(status: .noContent)
  }

  private func promote(
    _ request: Request,
    _ path: SessionPath,
    _ context: CallContext
  ) async throws -> Response {
    let process = try Self.process(path, context).number
    let order = try await request.json(PromotionRequest.self, shape: "\"privilege\" as text")
    let id = try await refusing { () throws(SessionRefusal) in
      try sessions.promote(order.privilege, process: process, of: path.id, for: path.caller)
    }
    return try Response(json: PromotionAnswer(id: id), status: id == 0 ? .ok : .created)
  }

  private func demote(_ path: SessionPath, _ context: CallContext) async throws -> Response {
    let process = try Self.process(path, context).number
    let promotion: Int = try SessionPath.number("promotion", of: "promotion", in: context)
    try await refusing { () throws(SessionRefusal) in
      try sessions.demote(promotion, process: process, of: path.id, for: path.caller)
    }
    return Response(status: .noContent)
  }

  private static func process(
    _ path: SessionPath,
    _ context: CallContext
  ) throws(ProblemDetails) -> ProcessReference {
    ProcessReference(
      session: path.id,
      number: try SessionPath.number("number", of: "process", in: context)
    )
  }
}
