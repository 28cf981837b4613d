import NIOHTTP1
package import ProjectModel
package import SyncProtocol

/// 4D's Session class, for programs on the server's machine.
extension ServerConnection {
  /// Every session with its processes.
  package func activity<Activity: Decodable & Sendable>(
    _ type: Activity.Type
  ) async throws -> Activity { try await get(type, Route.activity) }

  /// The `info` of a session.
  package func info<Info: Decodable & Sendable>(
    _ type: Info.Type,
    of session: String
  ) async throws -> Info { try await get(type, try Self.path(session, "/info")) }

  package func privileges(of session: String) async throws -> PrivilegeList {
    try await get(PrivilegeList.self, try Self.path(session, "/privileges"))
  }

  /// Adds privileges and roles.
  package func setPrivileges(
    _ order: PrivilegeRequest,
    of session: String
  ) async throws -> PrivilegeList {
    let path = try Self.path(session, "/privileges")
    return try await call(PrivilegeList.self, .json(.POST, path, try WireJSON.encode(order)))
  }

  package func clearPrivileges(of session: String) async throws {
    try await perform(.init(method: .DELETE, path: try Self.path(session, "/privileges")))
  }

  /// Makes a one-time passcode for a session.
  package func createOTP(_ order: PasscodeRequest, of session: String) async throws -> String {
    let path = try Self.path(session, "/otp")
    return try await call(PasscodeAnswer.self, .json(.POST, path, try WireJSON.encode(order))).otp
  }

  /// The storage of a session, after a merge patch where there is one.
  package func storage(of session: String, patch: JSONValue? = nil) async throws -> JSONValue {
    let path = try Self.path(session, "/storage")
    let request: HTTPTransport.Request =
      if let patch { .json(.PATCH, path, patch.bytes) } else { .init(path: path) }
    return try await transport.exchange(request) { head, body in
      let bytes = try await Self.collect(&body)
      guard head.status == .ok else { throw Self.refusal(head, bytes, from: endpoint) }
      do throws(JSONSyntax.Failure) { return try JSONValue(reading: bytes) } catch {
        throw ClientError(.connection, "\(endpoint) does not answer as a syncd server does.")
      }
    }
  }

  /// Hands what changes in a session to `handle`, until the session ends or `handle` throws.
  package func changes(
    of session: String,
    _ handle: (ServerEvent) async throws -> Void
  ) async throws {
    // An id of this form needs no escapes.
    _ = try Self.path(session, "")
    try await events(of: session) { event in
      switch event {
      case .storage, .privileges, .session: try await handle(event)
      default: break
      }
    }
  }

  private static func path(_ session: String, _ rest: String) throws(ClientError) -> String {
    guard session == "self" || session.utf8.count == 32 && session.allSatisfy(\.isHexDigit) else {
      throw ClientError(.refused, "\(session) is no session's id: `syncd sessions` lists them.")
    }
    return "\(Route.sessions)/\(session)\(rest)"
  }
}
