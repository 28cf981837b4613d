import NIOCore
import NIOHTTP1
import Sessions
import SyncProtocol

/// One client's event stream: the only handler that is left on its connection.
final class EventStreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The session that the stream keeps open.
  let session: SessionID?
  /// The stream among its session's processes.
  var process: ProcessReference?
  let transport: StreamTransport
  /// Whether its client has shown nothing of who it is.
  let isAnonymous: Bool
  /// Its number in the roster, and the name of its client.
  let entry: (number: Int, client: String)
  private let desk: LoopDesk
  private var context: ChannelHandlerContext?
  private var mailbox = EventMailbox()
  /// Since when the client has taken nothing.
  private(set) var blockedSince: NIODeadline?
  /// The position that the client came with, until a generation shows whether it still counts.
  private(set) var unresolved: StreamRequest.Resume
  private var isEnding = false

  init(
    desk: LoopDesk,
    request: StreamRequest,
    session: SessionID?,
    isAnonymous: Bool,
    entry: (number: Int, client: String)
  ) {
    self.entry = entry
    self.isAnonymous = isAnonymous
    self.desk = desk
    self.session = session
    transport = request.transport
    unresolved = request.resume
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    desk.remove(self)
  }

  /// Writes the answer's head and the first events, whatever the client takes.
  func begin(_ head: ByteBuffer, _ frames: [EventFrame]) {
    guard let context else { return }
    context.write(Self.wrapOutboundOut(head), promise: nil)
    for frame in frames {
      context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
    }
    context.flush()
    desk.counters.sent.add(frames.count)
  }

  /// Sends a frame now, or keeps it as its topic's newest until the client takes more.
  func send(_ frame: EventFrame) {
    guard let context, !isEnding else { return }
    if mailbox.isEmpty, context.channel.isWritable {
      desk.counters.sent.add()
      context.writeAndFlush(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
    } else if mailbox.put(frame) {
      desk.counters.coalesced.add()
    }
  }

  func resolved() { unresolved = .fresh }

  /// Writes what is kept, then the end of the stream, and closes.
  func finish() {
    guard let context, !isEnding else { return }
    isEnding = true
    while let frame = mailbox.takeFirst() {
      context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(Self.wrapOutboundOut(transport.end)).assumeIsolated().whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  /// Ends the connection at once, without a word.
  func cut() { context?.close(promise: nil) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      blockedSince = nil
      var count = 0
      while context.channel.isWritable, !isEnding, let frame = mailbox.takeFirst() {
        context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
        count += 1
      }
      desk.counters.sent.add(count)
      context.flush()
    } else if blockedSince == nil {
      blockedSince = .now()
      desk.watchBlocked()
    }
    context.fireChannelWritabilityChanged()
  }

  // A client has nothing to say on a stream: what it sends is thrown away. On a WebSocket it says
  // that it is there or goes, and the handlers behind this one read that.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if transport == .webSocket { context.fireChannelRead(data) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The request parser on its way out may still complain about what follows the request.
    if !(error is HTTPParserError) { context.close(promise: nil) }
  }
}
