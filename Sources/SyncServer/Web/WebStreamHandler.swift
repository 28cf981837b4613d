import NIOCore
import NIOHTTP1
import Sessions

/// The event stream of one page: the only handler that is left on its connection.
///
/// It keeps no events: for a page that is behind it notes what has changed, and tells how that is once
/// the page takes more.
final class WebStreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let visitor: WebVisitor
  private let streams: WebStreams
  /// HTTP/1.0 knows no parts of a body: it ends with the connection.
  private let isChunked: Bool
  private var entry: WebStreams.Entry?
  /// The storage's revision that the page knows.
  private var toldRevision: UInt64
  private var untold: WebStreams.News = []
  private var lastNumber = 0
  private var isEnding = false
  private var context: ChannelHandlerContext?
  private var pulse: RepeatedTask?
  /// Runs while the page takes nothing.
  private var cut: Scheduled<Void>?

  /// Makes the stream of a page; on its connection's loop.
  ///
  /// - Throws: `WebStreams.Refusal`, and `SessionRefusal` when the session has ended.
  init(_ visitor: WebVisitor, _ streams: WebStreams, isChunked: Bool, on loop: any EventLoop) throws
  {
    self.visitor = visitor
    self.streams = streams
    self.isChunked = isChunked
    let state = try streams.sessions.state(for: visitor)
    toldRevision = state.revision
    let entry = WebStreams.Entry(
      NIOLoopBound(self, eventLoop: loop),
      session: visitor.visit.session,
      isGuest: state.isGuest
    )
    try streams.add(entry)
    self.entry = entry
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    leave()
  }

  /// Ends what others know of the stream.
  func leave() {
    pulse?.cancel()
    cut?.cancel()
    if let entry { streams.remove(entry) }
    (pulse, cut, entry) = (nil, nil, nil)
  }

  /// Writes the answer's head and the first event.
  func begin(_ answer: WebAnswer) {
    guard let context else { return }
    var head = "HTTP/1.1 \(answer.status.code) \(answer.status.reasonPhrase)\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    head += isChunked ? "transfer-encoding: chunked\r\n\r\n" : "connection: close\r\n\r\n"
    context.write(Self.wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
    // What has changed since the stream was noted is in here, too, and may be told once more.
    guard let state = try? streams.sessions.state(for: visitor) else { return end() }
    toldRevision = state.revision
    send("retry: \(Int.random(in: 500...2_000))\n\n" + text(.ready(state)))
    let own = NIOLoopBound(self, eventLoop: context.eventLoop)
    pulse = context.eventLoop.scheduleRepeatedTask(
      initialDelay: streams.heartbeat,
      delay: streams.heartbeat
    ) { _ in own.value.beat() }
    // The cookie may be one that was replaced a moment ago.
    look(at: .presence)
  }

  // MARK: News

  /// Something may have changed in the session.
  func look(at news: WebStreams.News) {
    untold.formUnion(news)
    guard !isEnding, context != nil else { return }
    if untold.remove(.presence) != nil {
      switch streams.sessions.presence(of: visitor.visit, by: visitor.cookie) {
      case .here: break
      // The browser comes again with its new cookie. Whoever has the old one does not hear more.
      case .replaced: return finish()
      case .gone: return end()
      }
    }
    guard !untold.isEmpty, cut == nil else { return }
    guard let state = try? streams.sessions.state(for: visitor) else { return end() }
    var events = ""
    if untold.contains(.privileges) { events += text(.privileges(state)) }
    // Known only once it was told: the privileges may be told while the storage's news is on its way.
    if untold.contains(.storage), state.revision > toldRevision {
      events += text(.storage(state))
      toldRevision = state.revision
    }
    untold = []
    if !events.isEmpty { send(events) }
  }

  private func beat() {
    // A session whose time is over ends here at the latest.
    look(at: .presence)
    if !isEnding, cut == nil { send(WebEvent.heartbeat) }
  }

  private func end() { finish(with: text(.ended)) }

  /// Ends the stream in good order.
  private func finish(with last: String = "") {
    guard let context, !isEnding else { return }
    isEnding = true
    if !last.isEmpty { send(last) }
    let channel = context.channel
    let end = isChunked ? StreamTransport.serverSentEvents.end : ByteBuffer()
    context.writeAndFlush(Self.wrapOutboundOut(end)).assumeIsolated().whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  private func text(_ event: WebEvent) -> String {
    lastNumber += 1
    return event.text(lastNumber)
  }

  private func send(_ text: String) {
    let bytes = isChunked ? EventFrame.chunk(text) : ByteBuffer(string: text)
    context?.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
  }

  // MARK: The connection

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      cut?.cancel()
      cut = nil
      look(at: [])
    } else if cut == nil {
      let own = NIOLoopBound(self, eventLoop: context.eventLoop)
      cut = context.eventLoop.scheduleTask(in: streams.blockedLimit) {
        own.value.streams.counters.cut.add()
        own.value.context?.cut()
      }
    }
    context.fireChannelWritabilityChanged()
  }

  // A page has nothing to say on a stream: what its browser sends is thrown away.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed: context.close(promise: nil)
    // The server ends: the browser comes again, and finds its session if it was kept.
    case is ChannelShouldQuiesceEvent: finish()
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The request parser on its way out may still complain about what follows the request.
    if !(error is HTTPParserError) { context.close(promise: nil) }
  }
}
