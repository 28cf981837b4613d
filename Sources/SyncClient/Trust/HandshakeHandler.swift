import NIOCore
import NIOTLS

/// Tells how a TLS handshake went, and then goes.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias InboundOut = NIOAny

  private let outcome: EventLoopPromise<Void>
  private var timer: Scheduled<Void>?

  init(_ outcome: EventLoopPromise<Void>) { self.outcome = outcome }

  /// Begins to wait, at most ten seconds.
  func handlerAdded(context: ChannelHandlerContext) {
    let outcome = outcome
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: .seconds(10)) {
      outcome.fail(ChannelError.connectTimeout(.seconds(10)))
      channel.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    outcome.fail(ChannelError.ioOnClosedChannel)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      outcome.succeed()
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    outcome.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    outcome.fail(ChannelError.eof)
    context.fireChannelInactive()
  }
}
