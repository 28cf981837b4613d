import Hummingbird
import Sessions
import SyncProtocol

/// Which session a request is about, and as whom its caller asks.
struct SessionPath: Sendable {
  let id: SessionID
  let caller: SessionCaller

  /// Reads `/v1/sessions/{id or self}/…`.
  ///
  /// - Throws: `auth-required` for `self` without a session, `not-found` for what is no id.
  init(_ context: CallContext) throws(ProblemDetails) {
    try self.init(context.parameter("id"), for: context.caller)
  }

  /// The same for the id, or `self`, alone.
  init(_ name: String, for caller: Caller) throws(ProblemDetails) {
    if name == "self" {
      guard let own = caller.ownSession else {
        throw Access.session.refusal(of: caller, path: Route.ownSession, isWrite: false)
      }
      id = own
    } else {
      guard let named = SessionID(text: name) else {
        throw ProblemDetails(SessionRefusal.unknownSession)
      }
      id = named
    }
    self.caller = SessionCaller(caller)
  }

  /// Refuses whoever may not use a member, before anything of the request is looked at.
  func check(_ member: SessionMember, in sessions: OpenSessions) async throws {
    try await refusing { () throws(SessionRefusal) in
      try sessions.check(member, of: id, for: caller)
    }
  }

  /// The number in the path of what a session has.
  ///
  /// - Throws: `not-found` for anything else.
  static func number<Number: FixedWidthInteger>(
    _ name: String,
    of what: String,
    in context: CallContext
  ) throws(ProblemDetails) -> Number {
    let text = context.parameter(name)
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Number(text) else {
      throw ProblemDetails(.notFound, detail: "The session has no such \(what).")
    }
    return number
  }
}

extension SessionCaller {
  /// As whom a request's sender asks: with the strongest of what it has shown.
  init(_ caller: Caller) {
    self =
      if caller.isSameMachine {
        .server
      } else if let hook = caller.hook {
        .hook(hook.session)
      } else if let session = caller.session {
        .remote(session.id)
      } else {
        .anonymous
      }
  }
}

/// Turns what sessions refuse into what the API says.
func refusing<Value>(
  _ body: () async throws(SessionRefusal) -> Value
) async throws(ProblemDetails) -> Value {
  do throws(SessionRefusal) { return try await body() } catch { throw ProblemDetails(error) }
}
