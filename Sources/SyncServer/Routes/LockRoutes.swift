import HTTPTypes
import Hummingbird
import Sessions
import SyncProtocol

/// The locks of the development mode; each belongs to a session and ends with it.
struct LockRoutes: Sendable {
  let project: any ServedProject

  var endpoints: [Endpoint] {
    [
      Endpoint(
        path: Route.locks,
        access: .development,
        methods: [
          .get: { _, _ in try Response(json: await project.locks()) },
          .post: { request, context in try await lock(request, context.caller) },
        ]
      ),
      Endpoint(
        path: "\(Route.locks)/:id",
        access: .development,
        methods: [.delete: { _, context in try await unlock(context) }]
      ),
    ]
  }

  private func lock(_ request: Request, _ caller: Caller) async throws -> Response {
    let session = try session(of: caller)
    let target = try await request.json(
      LockTarget.self,
      shape: "\"kind\": method, form, page, settings or compile, and \"name\" as text"
    )
    try project.requireSources(for: "there is nothing to lock")
    let owner = LockOwner(
      session: session.id.text,
      userName: session.userName,
      machineName: session.machineName
    )
    let lock = try await project.lock(target, for: owner)
    var response = try Response(json: lock, status: .created)
    response.headers[.location] = "\(Route.locks)/\(lock.id)"
    return response
  }

  private func unlock(_ context: CallContext) async throws -> Response {
    let session = try session(of: context.caller)
    try await project.unlock(id: context.parameter("id"), by: session.id.text)
    return Response(status: .noContent)
  }

  /// The same machine needs a session here too: a lock ends with it.
  private func session(of caller: Caller) throws(ProblemDetails) -> OpenSession {
    if let session = caller.session { return session }
    throw ProblemDetails(
      .authenticationRequired,
      detail: "A lock belongs to a session: open one with POST \(Route.sessions)."
    )
  }
}
