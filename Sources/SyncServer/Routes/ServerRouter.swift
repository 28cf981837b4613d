import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Answers the requests of every connection with Hummingbird's router.
struct ServerRouter: Sendable {
  private let responder: RouterResponder<CallContext>

  init(endpoints: [Endpoint], admission: Admission) {
    let router = Router(context: CallContext.self)
    router.add(middleware: ProblemMiddleware())
    for endpoint in endpoints { endpoint.add(to: router, admission: admission) }
    responder = router.buildResponder()
  }

  /// Answers every request of a connection, until it closes.
  func serve(_ connection: RouterConnection, logger: Logger) async {
    let source = CallContext.Source(logger: logger, connection: connection.identity)
    let handler = RouterChannelHandler { request, writer, _ in
      let context = CallContext(source: source)
      let answer = try await responder.respond(to: request, context: context)
      let response = request.method == .head ? answer.createHeadResponse() : answer
      try await writer.write(response: response.head, body: response.body)
    }
    await handler.handle(value: connection.channel, logger: logger)
  }
}
