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
  let addressee: EventAddressee
  /// The stream among its session's processes.
  var process: ProcessReference?
  /// The hook by whose pass the stream was opened; it ends with it.
  let hook: ProcessReference?
  let transport: StreamTransport
  /// Whether its client has shown nothing of who it is.
  let isAnonymous: Bool
  /// Its number in the roster.
  let number: Int
  private let desk: LoopDesk
  private var context: ChannelHandlerContext?
  /// The number of the last event that it was given, while it does not take more.
  private(set) var behindSince: UInt64?
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
    addressee: EventAddressee,
    hook: ProcessReference?,
    isAnonymous: Bool,
    number: Int
  ) {
    self.number = number
    self.addressee = addressee
    self.hook = hook
    self.isAnonymous = isAnonymous
    self.desk = desk
    self.session = session
    transport = request.transport
    unresolved = request.resume
  }

  /// Whether the stream is a session's: its client's, about it, or of a hook that acts for it.
  func isOf(_ id: SessionID) -> Bool {
    session == id || addressee.subject == id || hook?.session == id
  }

  /// Whether the last event of a recipient is the stream's end.
  func ends(with recipient: String) -> Bool {
    addressee.hears(recipient) || hook?.session.text == recipient
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

  /// Sends those of the frames that are for this client, in one go, as far as it takes them.
  ///
  /// For the rest it is behind. The first of them has the number after `last`.
  ///
  /// - Returns: how many went to the socket; the caller counts, once for all streams.
  func send(_ frames: [EventFrame], after last: UInt64) -> Int {
    guard let context, !isEnding, behindSince == nil else { return 0 }
    var (written, number, isFlushed) = (0, last, true)
    for frame in frames {
      defer { number += 1 }
      guard addressee.takes(frame) else { continue }
      // What was not even offered to the socket yet says nothing of the client.
      if !isWritable, !isFlushed {
        context.flush()
        isFlushed = true
      }
      guard isWritable else {
        behindSince = number
        break
      }
      context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
      written += 1
      isFlushed = false
      if frame.isLast { break }
    }
    if !isFlushed { context.flush() }
    return written
  }

  /// Sends what it missed while it took nothing: of each topic the newest.
  private func catchUp(_ context: ChannelHandlerContext) {
    guard let since = behindSince else { return }
    var count = 0
    for (number, frame) in desk.recent.after(since, for: addressee) {
      guard isWritable, !isEnding else { break }
      behindSince = number
      context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
      count += 1
    }
    if isWritable { behindSince = nil }
    desk.counters.sent.add(count)
    context.flush()
  }

  var takesMore: Bool { isWritable && behindSince == nil }

  var isUnresolved: Bool { if case .fresh = unresolved { false } else { true } }

  func resolved() { unresolved = .fresh }

  /// Writes what it missed, then the end of the stream, and closes.
  func finish() {
    guard let context, !isEnding else { return }
    isEnding = true
    let missed = behindSince.map { desk.recent.after($0, for: addressee) } ?? []
    for (_, frame) in missed {
      context.write(Self.wrapOutboundOut(frame.bytes(for: transport)), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(Self.wrapOutboundOut(transport.end)).assumeIsolated().whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  /// Ends the connection at once, without a word; what its client has not taken is thrown away.
  func cut() { context?.cut() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if isWritable {
      blockedSince = nil
      catchUp(context)
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
