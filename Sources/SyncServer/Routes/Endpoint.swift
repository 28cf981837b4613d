import HTTPTypes
import Hummingbird
import Sessions
import SyncProtocol

/// A resource of the API: its path, its methods and who may use it.
struct Endpoint: Sendable {
  typealias Handler = @Sendable (Request, CallContext) async throws -> Response

  /// Every method that the request parser lets through.
  private static let allMethods = [
    "ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK",
    "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "MSEARCH", "NOTIFY",
    "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "QUERY", "REBIND",
    "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
  ]

  let path: String
  let access: Access
  let methods: [HTTPRequest.Method: Handler]
  /// Whether the gate answers GET and HEAD, so that the router has the other methods alone.
  var isReadAtGate = false

  init(path: String, access: Access, methods: [HTTPRequest.Method: Handler]) {
    self.path = path
    self.access = access
    self.methods = methods
  }

  /// A resource that the gate answers; the other methods are the router's.
  init(_ read: ImmediateRead, _ methods: [HTTPRequest.Method: Handler] = [:]) {
    self.init(path: read.path, access: read.access, methods: methods)
    isReadAtGate = true
  }

  /// A resource that is read: HEAD gets the fields of GET without the body.
  static func read(
    _ path: String,
    _ access: Access,
    _ handler: @escaping Handler
  ) -> Endpoint {
    Endpoint(path: path, access: access, methods: [.get: handler, .head: handler])
  }

  /// Every method that is possible here, sorted.
  var methodNames: [String] {
    (methods.keys.map(\.rawValue) + (isReadAtGate ? ["GET", "HEAD"] : [])).sorted()
  }

  /// Adds the resource to a router, with a refusal for every method that it does not take.
  func add(to router: Router<CallContext>, admission: Admission) {
    let allow = methodNames.joined(separator: ", ")
    for method in Self.allMethods.compactMap({ HTTPRequest.Method($0) }) {
      let handler = methods[method]
      router.on(RouterPath(path), method: method) { request, context in
        guard let handler else { return Self.refusal(of: method, allow: allow) }
        var context = context
        context.caller = try admission.admit(
          context.connection,
          authorization: request.headers[.authorization],
          to: access,
          path: path,
          isWrite: method != .get && method != .head
        )
        // A request that waits for minutes must not outlive its session.
        let session = context.caller.session?.id
        if let session {
          try admission.inFlight.enter(session)
          admission.sessions.useBegan(session)
        }
        defer {
          if let session {
            admission.inFlight.leave(session)
            admission.sessions.useEnded(session)
          }
        }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { [context] in
          try await handler(request, context)
        }
      }
    }
  }

  private static func refusal(of method: HTTPRequest.Method, allow: String) -> Response {
    var response = Response(
      problem: ProblemDetails(
        .methodNotAllowed,
        detail:
          "\(method.rawValue) is not possible here; possible: \(allow.isEmpty ? "GET" : allow)."
      )
    )
    response.headers[.allow] = allow.isEmpty ? "GET" : allow
    return response
  }
}
