import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import ProjectHost
import Sessions
import SyncProtocol

/// How the server is doing: for those who run it.
struct OperatorRoutes: Sendable {
  private struct Health: Codable {
    let state: ProjectStatus.State
  }

  let project: any ServedProject
  let version: String
  let address: ServerAddress
  let counters: ServerCounters
  let sessions: OpenSessions
  let roster: StreamRoster
  let started: ContinuousClock.Instant

  var endpoints: [Endpoint] {
    [
      .read(Route.status, .operators) { _, _ in try await status() },
      .read(Route.live, .sameMachine) { _, _ in
        try Response(json: Health(state: await project.condition().state))
      },
      .read(Route.ready, .sameMachine) { _, _ in try await ready() },
      .read(Route.metrics, .sameMachine) { _, _ in await metrics() },
    ]
  }

  private func status() async throws -> Response {
    let condition = await project.condition()
    return try Response(
      json: ProjectStatus(
        project: project.name,
        root: project.root,
        pid: getpid(),
        version: version,
        state: condition.state,
        listening: [address.description],
        generation: condition.generation,
        problems: condition.problems,
        watching: condition.watching,
        clients: roster.count,
        uptime: (ContinuousClock().now - started) / .seconds(1)
      )
    )
  }

  private func ready() async throws -> Response {
    let condition = await project.condition()
    guard condition.generation != nil else {
      throw ProblemDetails(
        .building,
        detail: "The first generation is still being built; ask again in a moment."
      )
    }
    guard condition.state != .draining else {
      throw ProblemDetails(.draining, detail: "The server is shutting down.")
    }
    return try Response(json: Health(state: condition.state))
  }

  private func metrics() async -> Response {
    let page = MetricsPage(
      condition: await project.condition(),
      counters: counters,
      sessions: SessionFigures(sessions),
      streams: roster.count
    )
    return Response(
      status: .ok,
      headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: page.text))
    )
  }
}
