import HTTPTypes
import Hummingbird
import NIOCore
import SyncProtocol

/// `POST /v1/reload`: waits until everything written before is published, or says why it is not.
struct ReloadRoute: Sendable {
  private static let reasons: Set<ReloadReason> = [.command, .gitHook, .focus]
  private static let deadlines = 1...600_000

  let project: any ServedProject

  var endpoint: Endpoint {
    Endpoint(
      path: Route.reload,
      sameMachineOnly: true,
      methods: [.post: { request, _ in try await reload(request) }]
    )
  }

  private func reload(_ request: Request) async throws -> Response {
    let began = ContinuousClock().now
    let order = try await read(request)
    let reason = order.reason ?? .command
    guard Self.reasons.contains(reason) else {
      throw ProblemDetails(
        .badRequest,
        detail: "A reload's reason is command, git-hook or focus, and not \(reason.rawValue)."
      )
    }
    let wait = order.deadlineMs ?? ReloadRequest.defaultDeadlineMs
    guard Self.deadlines.contains(wait) else {
      throw ProblemDetails(
        .badRequest,
        detail: "deadlineMs is from 1 to \(Self.deadlines.upperBound), and not \(wait)."
      )
    }
    let result = await project.reload(
      reason: reason,
      deadline: began.advanced(by: .milliseconds(wait))
    )
    return try Response(json: result, status: result.outcome == .pending ? .accepted : .ok)
  }

  private func read(_ request: Request) async throws -> ReloadRequest {
    if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
      throw ProblemDetails(.badRequest, detail: "A request's body may not be compressed.")
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Entrance.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw ProblemDetails(
        .tooLarge,
        detail: "A request's body has at most \(Entrance.bodyLimit) bytes."
      )
    }
    guard body.readableBytes > 0 else { return ReloadRequest() }
    do {
      return try WireJSON.decode(ReloadRequest.self, from: body.readableBytesView)
    } catch {
      throw ProblemDetails(
        .badRequest,
        detail: "The body of a reload is a JSON object: "
          + "\"reason\" is command, git-hook or focus, \"deadlineMs\" a whole number."
      )
    }
  }
}
