import NIOCore
import NIOWebSocket

/// What a client of a WebSocket may say: that it is there, and that it goes.
///
/// Messages of its own are thrown away; a frame that the protocol forbids ends the connection with
/// status 1002, a text that is no UTF-8 with status 1007.
final class WebSocketControl: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  /// The longest frame that is looked at; longer ones end the connection with status 1009.
  static let longestFrame = 16 * 1024

  private var isFragmented = false
  /// Of the text that is under way.
  private var text: TextCheck?
  private var isClosing = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    let frame = Self.unwrapInboundIn(data)
    // Clients mask (RFC 6455, section 5.1), and no extension was agreed on.
    guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
      return close(.protocolError, context: context)
    }
    switch frame.opcode {
    case .text, .binary:
      guard !isFragmented else { return close(.protocolError, context: context) }
      text = frame.opcode == .text ? TextCheck() : nil
      look(at: frame, context: context)
    case .continuation:
      guard isFragmented else { return close(.protocolError, context: context) }
      look(at: frame, context: context)
    case .ping: answer(frame, context: context)
    case .pong: break
    case .connectionClose: close(frame, context: context)
    default: close(.protocolError, context: context)
    }
  }

  /// Throws a part of a message away, unless it is one that cannot be.
  private func look(at frame: WebSocketFrame, context: ChannelHandlerContext) {
    isFragmented = !frame.fin
    guard text?.accepts(frame.unmaskedData.readableBytesView, isLast: frame.fin) != false else {
      return close(.dataInconsistentWithMessage, context: context)
    }
  }

  /// A client that pings and does not read gets no answer: it has enough to read.
  private func answer(_ ping: WebSocketFrame, context: ChannelHandlerContext) {
    guard context.channel.isWritable else { return }
    let pong = WebSocketFrame(fin: true, opcode: .pong, data: ping.unmaskedData)
    context.writeAndFlush(Self.wrapOutboundOut(pong), promise: nil)
  }

  private func close(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
    var payload = frame.unmaskedData
    let length = payload.readableBytes
    let code = payload.readWebSocketErrorCode()
    let isReason = String(validating: payload.readableBytesView, as: UTF8.self) != nil
    switch (length, code) {
    case (0, _): close(.normalClosure, context: context)
    case (2..., let code?) where isReason && Self.mayBeSent(code): close(code, context: context)
    default: close(.protocolError, context: context)
    }
  }

  /// Codes that an endpoint may put into a close frame (RFC 6455, section 7.4).
  private static func mayBeSent(_ code: WebSocketErrorCode) -> Bool {
    switch UInt16(webSocketErrorCode: code) {
    case 1000...1003, 1007...1011, 3000...4999: true
    default: false
    }
  }

  private func close(_ code: WebSocketErrorCode, context: ChannelHandlerContext) {
    isClosing = true
    var payload = context.channel.allocator.buffer(capacity: 2)
    payload.write(webSocketErrorCode: code)
    let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
    let channel = context.channel
    context.writeAndFlush(Self.wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isClosing, let error = error as? NIOWebSocketError else {
      return context.fireErrorCaught(error)
    }
    close(error == .invalidFrameLength ? .messageTooLarge : .protocolError, context: context)
  }
}
