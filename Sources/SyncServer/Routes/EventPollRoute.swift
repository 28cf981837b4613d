import HTTPTypes
import Hummingbird
import NIOCore
import ProjectHost
import Sessions
import SyncProtocol

/// The twin of the event stream for clients that ask and wait: the same messages, one answer each.
struct EventPollRoute: Sendable {
  /// Milliseconds.
  private static let usualWait = 25_000
  private static let longestWait = 60_000
  private static let lastEventID = HTTPField.Name("Last-Event-ID")

  let board: EventBoard
  let audience: Audience
  let sessions: OpenSessions

  var endpoint: Endpoint {
    // Not HEAD: it would wait for events and tell none.
    Endpoint(
      path: Route.events,
      access: .clients,
      methods: [.get: { request, context in try await poll(request, context.caller) }]
    )
  }

  private func poll(_ request: Request, _ caller: Caller) async throws -> Response {
    let wait = try request.milliseconds("wait", in: 0...Self.longestWait) ?? Self.usualWait
    // As on a stream: the field that browsers repeat wins.
    let since = try request.query("since")
    let resume = StreamRequest.Resume(Self.lastEventID.flatMap { request.headers[$0] } ?? since)
    let subject = try StreamRequest.subject(request.query("session"), of: caller, in: sessions)
    let topics = try TopicFilter(request.query("topics"))
    let deadline = ContinuousClock().now.advanced(by: .milliseconds(wait))
    audience.enter()
    defer { audience.leave() }
    let events = try await board.events(
      for: EventAddressee(client: caller.session?.id.text, subject: subject, topics: topics),
      after: resume,
      until: deadline
    )
    if let hook = caller.hook, !caller.isSameMachine, !sessions.has(hook) {
      throw Access.clients.refusal(of: caller, path: Route.events, isWrite: false)
    }
    var body = ByteBuffer(string: "{\"events\":[")
    for (index, event) in events.enumerated() {
      if index > 0 { body.writeString(",") }
      body.writeImmutableBuffer(event.json)
    }
    body.writeString("]}")
    return Response(
      status: .ok,
      headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: body)
    )
  }
}
