import NIOHTTP1
import SyncProtocol

/// What becomes of a request: decided from its head alone, before any part of it is acted on.
enum GateVerdict {
  /// The router answers it.
  case route
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

  /// Decides on a request; `port` is the connection's local one, which a unix socket has not.
  func verdict(on head: HTTPRequestHead, target: RequestTarget, port: Int?) -> GateVerdict {
    if let problem = refusal(of: head, target: target, port: port) { return .refuse(problem) }
    guard head.method == .GET, target.path == Route.events else { return .route }
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

  private func refusal(
    of head: HTTPRequestHead,
    target: RequestTarget,
    port: Int?
  ) -> ProblemDetails? {
    switch self {
    case .tcp(let rules):
      if let problem = rules.refusal(of: head, target: target, port: port ?? 0) { return problem }
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
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    return length <= BodyLimit.of(target.path) ? nil : BodyLimit.refusal(for: target.path)
  }
}
