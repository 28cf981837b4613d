import NIOCore

/// Closes the connection after `IdleStateHandler` has seen nothing come in for its time.
final class SilenceHandler: ChannelInboundHandler {
  typealias InboundIn = Any
  typealias InboundOut = Any

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}
