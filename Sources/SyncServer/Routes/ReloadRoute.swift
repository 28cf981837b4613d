import HTTPTypes
import Hummingbird
import ProjectModel
import SyncProtocol

/// `POST /v1/reload`: waits until everything written before is published, or says why it is not.
struct ReloadRoute: Sendable {
  private static let reasons: Set<ReloadReason> = [.command, .gitHook, .focus]

  /// Bytes: the id of a commit by SHA-256.
  private static let longestCause = 64

  private static let keyField = HTTPField.Name("Idempotency-Key")

  let project: any ServedProject
  private let kept = KeptReloads()

  init(project: any ServedProject) { self.project = project }

  var endpoint: Endpoint {
    Endpoint(
      path: Route.reload,
      access: .operators,
      methods: [.post: { request, _ in try await reload(request) }]
    )
  }

  private func reload(_ request: Request) async throws -> Response {
    let began = ContinuousClock().now
    let order = try await request.json(
      ReloadRequest.self,
      empty: ReloadRequest(),
      shape: "\"reason\": command, git-hook or focus, \"cause\": a text, "
        + "and \"deadlineMs\": a whole number"
    )
    let reason = order.reason ?? .command
    guard Self.reasons.contains(reason) else {
      throw ProblemDetails(
        .badRequest,
        detail: "A reload's reason is command, git-hook or focus, and not \(reason.rawValue)."
      )
    }
    guard (order.cause ?? "").utf8.count <= Self.longestCause, order.cause?.hasControls != true
    else {
      throw ProblemDetails(
        .badRequest,
        detail: "A reload's cause has at most \(Self.longestCause) bytes and no control characters."
      )
    }
    let wait = try Deadline.milliseconds(order.deadlineMs ?? ReloadRequest.defaultDeadlineMs)
    let key = try Self.key(of: request)
    if let key, let result = await kept.result(for: key) { return try Response(json: result) }
    let result = await project.reload(
      reason: reason,
      cause: order.cause,
      deadline: began.advanced(by: wait)
    )
    if let key { await kept.keep(result, for: key) }
    return try Response(json: result, status: result.outcome == .pending ? .accepted : .ok)
  }

  private static func key(of request: Request) throws(ProblemDetails) -> String? {
    guard let key = keyField.flatMap({ request.headers[$0] }) else { return nil }
    guard (1...KeptReloads.longestKey).contains(key.utf8.count) else {
      throw ProblemDetails(
        .badRequest,
        detail: "Idempotency-Key has 1 to \(KeptReloads.longestKey) bytes."
      )
    }
    return key
  }
}
