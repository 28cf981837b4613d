import HTTPTypes
import Hummingbird
import SyncProtocol

/// `POST /v1/reload`: waits until everything written before is published, or says why it is not.
struct ReloadRoute: Sendable {
  private static let reasons: Set<ReloadReason> = [.command, .gitHook, .focus]

  let project: any ServedProject

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
      shape: "\"reason\": command, git-hook or focus, and \"deadlineMs\": a whole number"
    )
    let reason = order.reason ?? .command
    guard Self.reasons.contains(reason) else {
      throw ProblemDetails(
        .badRequest,
        detail: "A reload's reason is command, git-hook or focus, and not \(reason.rawValue)."
      )
    }
    let wait = try Deadline.milliseconds(order.deadlineMs ?? ReloadRequest.defaultDeadlineMs)
    let result = await project.reload(
      reason: reason,
      deadline: began.advanced(by: wait)
    )
    return try Response(json: result, status: result.outcome == .pending ? .accepted : .ok)
  }
}
