import HTTPTypes
import Hummingbird
import ProjectModel
import SyncProtocol

/// The save-all: waits until everything written before is published, or says why it is not.
struct BarrierRoutes: Sendable {
  let project: any ServedProject
  private let pending = PendingBarriers()

  init(project: any ServedProject) { self.project = project }

  var endpoints: [Endpoint] {
    [
      Endpoint(
        path: Route.barriers,
        access: .saveAll,
        methods: [.post: { request, _ in try await saveAll(request) }]
      ),
      Endpoint(
        path: Route.barrierWait,
        access: .saveAll,
        methods: [.get: { request, _ in try await waitAgain(request) }]
      ),
    ]
  }

  private func saveAll(_ request: Request) async throws -> Response {
    let began = ContinuousClock().now
    let order = try await request.json(
      BarrierRequest.self,
      empty: BarrierRequest(),
      shape: "\"files\", \"deadlineMs\" and \"durable\": generation or file"
    )
    try Self.check(order.files ?? [])
    try project.requireSources(for: "there is nothing to save")
    return try await answer(order, began: began)
  }

  /// What this barrier holds, the one that met its deadline holds too: it came earlier.
  private func waitAgain(_ request: Request) async throws -> Response {
    let began = ContinuousClock().now
    let wait = try request.milliseconds("deadlineMs", in: Deadline.possible)
    var order = BarrierRequest()
    if let id = try request.query("barrier") {
      guard let found = pending.find(id) else {
        throw ProblemDetails(
          .notFound,
          detail: "Nobody waits for the barrier \(id.prefix(32)) any more: send a new one."
        )
      }
      order = found
    }
    return try await answer(
      BarrierRequest(files: order.files, deadlineMs: wait, durable: order.durable),
      began: began
    )
  }

  private func answer(
    _ order: BarrierRequest,
    began: ContinuousClock.Instant
  ) async throws -> Response {
    let wait = try Deadline.milliseconds(order.deadlineMs ?? BarrierRequest.defaultDeadlineMs)
    let result = await project.saveAll(order, deadline: began.advanced(by: wait))
    guard result.outcome == .pending else { return try Response(json: result) }
    var response = try Response(json: result, status: .accepted)
    response.headers[.location] = "\(Route.barrierWait)?barrier=\(pending.keep(order))"
    response.headers[.retryAfter] = "0"
    return response
  }

  private static func check(_ files: [BarrierRequest.File]) throws(ProblemDetails) {
    guard files.count <= BarrierRequest.mostFiles else {
      throw ProblemDetails(
        .badRequest,
        detail:
          "A save-all names at most \(BarrierRequest.mostFiles) files, and this \(files.count)."
      )
    }
    for (index, file) in files.enumerated() where !isInside(file.path) {
      throw ProblemDetails(
        .badRequest,
        detail: "The path of files/\(index) is relative to the package root, "
          + "with neither empty names nor \".\" and \"..\" in it."
      )
    }
  }

  private static func isInside(_ path: String) -> Bool {
    guard (1...4_096).contains(path.utf8.count), !path.utf8.contains(0) else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { name in
      !name.isEmpty && name != "." && name != ".."
    }
  }
}
