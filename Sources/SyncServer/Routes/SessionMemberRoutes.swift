import Foundation
import HTTPTypes
import Hummingbird
import ProjectModel
import Sessions
import SyncProtocol

/// The members of 4D's Session class as resources: who may use which, the sessions decide.
struct SessionMemberRoutes: Sendable {
  let sessions: OpenSessions

  private static let path = "\(Route.sessions)/:id"

  var endpoints: [Endpoint] {
    [
      .read(Self.path, .sessionMembers) { _, context in try await info(SessionPath(context)) },
      .read("\(Self.path)/info", .sessionMembers) { _, context in
        try await info(SessionPath(context))
      },
      Endpoint(
        path: "\(Self.path)/privileges",
        access: .sessionMembers,
        methods: [
          .get: { _, context in try await privileges(SessionPath(context)) },
          .post: { request, context in try await setPrivileges(request, SessionPath(context)) },
          .delete: { _, context in try await clearPrivileges(SessionPath(context)) },
        ]
      ),
      .read("\(Self.path)/privileges/:name", .sessionMembers) { request, context in
        try await hasPrivilege(request, SessionPath(context), context)
      },
      Endpoint(
        path: "\(Self.path)/otp",
        access: .sessionMembers,
        methods: [.post: { request, context in try await createOTP(request, SessionPath(context)) }]
      ),
      Endpoint(
        path: "\(Self.path)/idle-timeout",
        access: .sessionMembers,
        methods: [
          .get: { _, context in try await life(SessionPath(context)) },
          .put: { request, context in try await setIdleTimeout(request, SessionPath(context)) },
        ]
      ),
    ]
  }

  private func info(_ path: SessionPath) async throws -> Response {
    let info = try await refusing { () throws(SessionRefusal) in
      try sessions.info(of: path.id, for: path.caller)
    }
    return try Response(json: info)
  }

  // MARK: Privileges

  private func privileges(_ path: SessionPath) async throws -> Response {
    let list = try await refusing { () throws(SessionRefusal) in
      PrivilegeList(
        privileges: try sessions.privileges(of: path.id, for: path.caller),
        isGuest: try sessions.isGuest(path.id, for: path.caller)
      )
    }
    return try Response(json: list)
  }

  private func setPrivileges(_ request: Request, _ path: SessionPath) async throws -> Response {
    try await path.check(.setPrivileges, in: sessions)
    let order: PrivilegeOrder
    do {
      let value = try JSONValue(reading: Array(try await request.bytes().readableBytesView))
      order = try PrivilegeOrder(reading: value)
    } catch let error as JSONSyntax.Failure {
      throw ProblemDetails(.badRequest, detail: "The body is not JSON: \(error.text).")
    } catch let error as PrivilegeOrderFailure {
      throw ProblemDetails(.badRequest, detail: error.text)
    }
    try await refusing { () throws(SessionRefusal) in
      try sessions.setPrivileges(order, of: path.id, for: path.caller)
    }
    return try await privileges(path)
  }

  private func clearPrivileges(_ path: SessionPath) async throws -> Response {
    try await refusing { () throws(SessionRefusal) in
      try sessions.clearPrivileges(of: path.id, for: path.caller)
    }
    return Response(status: .noContent)
  }

  private func hasPrivilege(
    _ request: Request,
    _ path: SessionPath,
    _ context: CallContext
  ) async throws -> Response {
    let name = context.parameter("name")
    let process = try request.number("process").map { ProcessNumber($0) }
    let answer = try await refusing { () throws(SessionRefusal) in
      try sessions.hasPrivilege(name, of: path.id, process: process, for: path.caller)
    }
    return try Response(json: PrivilegeAnswer(hasPrivilege: answer))
  }

  // MARK: Passcodes

  private func createOTP(_ request: Request, _ path: SessionPath) async throws -> Response {
    try await path.check(.createOTP, in: sessions)
    let order = try await request.json(
      PasscodeRequest.self,
      empty: PasscodeRequest(),
      shape: "\"lifespan\" in seconds"
    )
    do {
      let text = try await sessions.createOTP(of: path.id, life: order.lifespan, for: path.caller)
      return try Response(json: PasscodeAnswer(otp: text), status: .created)
    } catch let error as SessionRefusal {
      throw ProblemDetails(error)
    }
  }

  // MARK: Web sessions

  private func life(_ path: SessionPath) async throws -> Response {
    let life = try await refusing { () throws(SessionRefusal) in
      WebLife(
        idleTimeout: try sessions.idleTimeout(of: path.id, for: path.caller),
        expirationDate: try sessions.expirationDate(of: path.id, for: path.caller).text
      )
    }
    return try Response(json: life)
  }

  private func setIdleTimeout(_ request: Request, _ path: SessionPath) async throws -> Response {
    try await path.check(.setIdleTimeout, in: sessions)
    let order = try await request.json(WebLife.self, shape: "\"idleTimeout\" in minutes")
    try await refusing { () throws(SessionRefusal) in
      try sessions.setIdleTimeout(order.idleTimeout, of: path.id, for: path.caller)
    }
    return try await life(path)
  }
}
