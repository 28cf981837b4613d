import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes

/// A connection on its way from its event loop to the task that answers its requests.
struct RouterConnection: Sendable {
  let channel: ConnectionSetup.RouterChannel
  let identity: ConnectionIdentity
  /// Where its task runs.
  let executor: LoopExecutor

  /// Hands the connection over; when nobody takes connections any more it is closed.
  func hand(to taker: AsyncStream<RouterConnection>.Continuation) {
    guard case .terminated = taker.yield(self) else { return }
    let channel = channel
    // An async channel must be finished by a task, and the server's tasks have ended already.
    Task { try? await channel.executeThenClose { _, _ in } }
  }
}

/// Hummingbird's reading and writing of requests, on a connection that the gate has set up.
struct RouterChannelHandler: HTTPChannelHandler {
  let responder: Responder

  func setup(
    channel: any Channel,
    logger: Logger
  ) -> EventLoopFuture<ConnectionSetup.RouterChannel> {
    // The gate has set its connections up already: Hummingbird's own way in is not taken.
    channel.eventLoop.makeCompletedFuture {
      try ConnectionSetup.installRouter(on: channel, isSecure: false)
    }
  }

  func handle(value: ConnectionSetup.RouterChannel, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}
