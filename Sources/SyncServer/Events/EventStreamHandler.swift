import Glibc
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
  /// What the channel says, kept here because every event asks for every stream.
  private var isWritable = true
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

  /// Sends those of the frames that are for this client, in one go, or keeps each as its topic's
  /// newest until the client takes more.
  ///
  /// - Returns: how many went to the socket; the caller counts, once for all streams.
  func send(_ frames: [EventFrame]) -> Int {
    guard let context, !isEnding else { return 0 }
    var (written, isOver, isFlushed) = (0, false, true)
    for frame in frames where frame.recipient == nil || frame.recipient == entry.client {
      // What was not even offered to the socket yet says nothing of the client.
      if !isWritable, !isFlushed {
        context.flush()
        isFlushed = true
      }
      if isWritable, mailbox.isEmpty {
        context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
        written += 1
        isFlushed = false
      } else if mailbox.put(frame) {
        desk.counters.coalesced.add()
      }
      isOver = frame.isLast
      if isOver { break }
    }
    if !isFlushed { context.flush() }
    if isOver { finish() }
    return written
  }

  var isUnresolved: Bool { if case .fresh = unresolved { false } else { true } }

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

  /// Ends the connection at once, without a word; what its client has not taken is thrown away.
  func cut() {
    guard let context else { return }
    guard let socket = context.channel as? any SocketOptionProvider else {
      return context.close(promise: nil)
    }
    // Otherwise the kernel would keep the bytes, and the end behind them, for a client that is stuck.
    socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if isWritable {
      blockedSince = nil
      var count = 0
      while isWritable, !isEnding, let frame = mailbox.takeFirst() {
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
