import NIOCore
import NIOHTTP1
import SyncProtocol

/// What becomes of a request: decided from its head alone, before any part of it is acted on.
enum GateVerdict {
  /// The router answers it.
  case route
  /// A browser asks whether a page of an allowed origin may send a request.
  case preflight
  /// The connection becomes an event stream.
  case stream(StreamRequest)
  case refuse(ProblemDetails)
}

/// Where a request came in, and so what is looked at before anything else.
enum Entrance: Sendable {
  case tcp(RequestGuard)
  /// The unix socket, with an account at the other end that may use it.
  case socket
  case foreignSocket
  /// The peer's address has as many connections as one may have.
  case crowded

  /// Decides on a request; `local` is the connection's own end.
  func verdict(
    on head: HTTPRequestHead,
    target: RequestTarget,
    local: SocketAddress?
  ) -> GateVerdict {
    if let problem = refusal(of: head, target: target, local: local) { return .refuse(problem) }
    if head.method == .OPTIONS, allowedOrigin(of: head) != nil,
      head.headers.contains(name: "access-control-request-method")
    {
      return .preflight
    }
    guard head.method == .GET, target.path == Route.events else { return .route }
    if let problem = StreamRequest.refusal(of: target) { return .refuse(problem) }
    guard head.version == .http1_1 else {
      return .refuse(ProblemDetails(.badRequest, detail: "An event stream needs HTTP/1.1."))
    }
    if WebSocketHandshake.isAskedFor(by: head) {
      if let problem = WebSocketHandshake.refusal(of: head) { return .refuse(problem) }
      return .stream(StreamRequest(.webSocket, head, target))
    }
    if StreamRequest.acceptsStream(head.headers) {
      return .stream(StreamRequest(.serverSentEvents, head, target))
    }
    if StreamRequest.acceptsPoll(head.headers) { return .route }
    return .refuse(
      ProblemDetails(
        .notAcceptable,
        detail: "Events come as text/event-stream or, asked for one after the other, as "
          + "application/json; the Accept header excludes both."
      )
    )
  }

  /// The configured origin that the request's page belongs to.
  func allowedOrigin(of head: HTTPRequestHead) -> String? {
    guard case .tcp(let rules) = self else { return nil }
    return rules.allowedOrigin(of: head.headers)
  }

  private func refusal(
    of head: HTTPRequestHead,
    target: RequestTarget,
    local: SocketAddress?
  ) -> ProblemDetails? {
    switch self {
    case .tcp(let rules):
      if let problem = rules.refusal(of: head, target: target, local: local) { return problem }
    case .crowded:
      var problem = ProblemDetails(
        .tooMany,
        detail: "Your address has as many connections to this server as one may have; close some."
      )
      problem.retryAfter = 10
      return problem
    case .socket: break
    case .foreignSocket:
      return ProblemDetails(
        .sameMachineOnly,
        detail:
          "This socket serves the account that runs the server and its --socket-group, no other."
      )
    }
    if head.method == .CONNECT {
      return ProblemDetails(.methodNotAllowed, detail: "This server is no proxy.")
    }
    let codings = head.headers["transfer-encoding"]
    guard codings.isEmpty || codings.count == 1 && codings[0].lowercased() == "chunked" else {
      return ProblemDetails(
        .badRequest,
        detail: "A body comes with its length or in chunks; no other Transfer-Encoding is known."
      )
    }
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    return length <= BodyLimit.of(target.path) ? nil : BodyLimit.refusal(for: target.path)
  }
}
