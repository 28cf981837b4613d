import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Sessions
import SyncProtocol

/// A connection of the web listener: one request at a time, whole, and then its answer.
///
/// Nothing of a request reaches a log: an address may carry a passcode.
final class WebConnection: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Between two requests.
    case idle
    case receiving(HTTPRequestHead, body: [UInt8])
    case answering
    /// Our side is closed; a moment is left for the peer to read the answer.
    case over
  }

  /// No request here has a larger body.
  private static let mostBytes = 16 * 1024
  /// Time for a peer to read a last answer before what it still sends resets the connection.
  private static let linger = TimeAmount.seconds(1)

  private let door: WebDoor
  private let rules: RequestGuard
  private let isSecure: Bool
  private let isCrowded: Bool
  private let clock: ConnectionClock
  private var state = State.idle
  private var closesAfterAnswer = false
  private var isHead = false
  private var date = HTTPDate()
  /// The host that was found to be ours.
  private var knownHosts: [String] = []
  private var context: ChannelHandlerContext?

  /// Makes the handler of one connection; `isCrowded` says that its address has too many.
  init(
    _ door: WebDoor,
    rules: RequestGuard,
    isSecure: Bool,
    isCrowded: Bool,
    clock: ConnectionClock
  ) {
    self.door = door
    self.rules = rules
    self.isSecure = isSecure
    self.isCrowded = isCrowded
    self.clock = clock
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (Self.unwrapInboundIn(data), state) {
    case (.head(let head), .idle): receive(head)
    case (.body(let part), .receiving(let head, let body)):
      guard body.count + part.readableBytes <= Self.mostBytes else { return refuseBody(head) }
      state = .receiving(head, body: body + part.readableBytesView)
    case (.end, .receiving(let head, let body)):
      clock.requestEnded()
      state = .answering
      respond(head, body)
    default: break
    }
  }

  private func receive(_ head: HTTPRequestHead) {
    clock.headCame()
    isHead = head.method == .HEAD
    closesAfterAnswer = !head.isKeepAlive || head.headers.contains(name: "upgrade")
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    guard length <= Self.mostBytes else { return refuseBody(head) }
    state = .receiving(head, body: [])
    if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
    {
      let go = HTTPResponseHead(version: .http1_1, status: .continue)
      context?.writeAndFlush(Self.wrapOutboundOut(.head(go)), promise: nil)
    }
  }

  private func refuseBody(_ head: HTTPRequestHead) {
    let sentence = "A request's body has at most \(Self.mostBytes) bytes here."
    refuse(.payloadTooLarge, sentence, request(head, []))
  }

  private func request(_ head: HTTPRequestHead, _ body: [UInt8]) -> WebRequest {
    let peer = context?.remoteAddress?.bareAddress ?? ""
    return WebRequest(
      head,
      target: RequestTarget(head.uri),
      body: body,
      peer: peer,
      isTrusted: door.trusts(peer),
      isSecure: isSecure
    )
  }

  private func respond(_ head: HTTPRequestHead, _ body: [UInt8]) {
    let request = request(head, body)
    if isCrowded {
      let sentence = "Your address has too many connections to this server; close some."
      return refuse(.tooManyRequests, sentence, request)
    }
    if let problem = hostRefusal(head, request.target) {
      let status = HTTPResponseStatus(statusCode: problem.status)
      return send(WebAnswer(status, saying: problem.detail, to: request))
    }
    switch door.site.outcome(of: request) {
    case .answer(let answer):
      if door.site.isCheck(request) { door.counters.web.checked(answer.status) }
      send(answer)
    case .file(let path, let isPrivate, let cookie): open(path, isPrivate, cookie, request)
    case .redeem(let redemption): redeem(redemption, request)
    case .events(let visitor): listen(visitor, head.version, request)
    }
  }

  /// A connection's requests mostly have the same host: it is looked at once.
  private func hostRefusal(_ head: HTTPRequestHead, _ target: RequestTarget) -> ProblemDetails? {
    let hosts = head.headers["host"]
    if !hosts.isEmpty, hosts == knownHosts, target.authority == nil { return nil }
    let problem = rules.hostRefusal(of: head, target: target, local: context?.localAddress)
    if problem == nil { knownHosts = hosts }
    return problem
  }

  private func redeem(_ redemption: WebRedemption, _ request: WebRequest) {
    guard let context else { return }
    let (site, own) = (door.site, bound(context))
    context.eventLoop.makeFutureWithTask {
      do throws(SessionRefusal) {
        let result = try await site.sessions.redeem(
          redemption.passcode,
          cookie: redemption.cookie,
          address: request.address
        )
        return site.answer(to: redemption, result, for: request)
      } catch {
        return site.answer(to: error, for: request)
      }
    }.whenComplete { result in
      own.value.send((try? result.get()) ?? Self.failure(request))
    }
  }

  // MARK: Events

  /// Turns the connection into the event stream of a page.
  private func listen(_ visitor: WebVisitor, _ version: HTTPVersion, _ request: WebRequest) {
    guard let context else { return }
    let stream: WebStreamHandler
    do {
      stream = try WebStreamHandler(
        visitor,
        door.streams,
        isChunked: version == .http1_1,
        on: context.eventLoop
      )
    } catch {
      var answer = Self.refusal(of: error, request)
      door.site.give(to: visitor, request, in: &answer)
      return send(answer)
    }
    var answer = WebAnswer(
      .ok,
      [
        "content-type": "text/event-stream", "cache-control": "no-store",
        "x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin",
        // Without it nginx would keep the events until they fill a buffer.
        "x-accel-buffering": "no", "date": date.now(),
      ]
    )
    door.site.give(to: visitor, request, in: &answer)
    let channel = context.channel
    do {
      try ConnectionSetup.stripHTTP(from: channel, gate: self, adding: stream)
    } catch {
      stream.leave()
      return channel.close(promise: nil)
    }
    door.counters.web.answered(answer.status)
    ConnectionSetup.tuneForEvents(channel, blockedLimit: door.streams.blockedLimit)
    stream.begin(answer)
  }

  private static func refusal(of error: any Error, _ request: WebRequest) -> WebAnswer {
    switch error {
    case WebStreams.Refusal.tooManyOfTheSession:
      let sentence = "The session has as many event streams as it may have: close a page."
      return WebAnswer(.tooManyRequests, saying: sentence, to: request)
    case WebStreams.Refusal.tooMany:
      let sentence = "This server has as many event streams as it takes: try again later."
      return WebAnswer(.serviceUnavailable, saying: sentence, to: request)
    // The session has ended in this moment.
    default: return WebAnswer(.noContent)
    }
  }

  private static func failure(_ request: WebRequest) -> WebAnswer {
    WebAnswer(.internalServerError, saying: "The request failed inside the server.", to: request)
  }

  // MARK: Files

  private func open(
    _ path: WebPath,
    _ isPrivate: Bool,
    _ cookie: String?,
    _ request: WebRequest
  ) {
    guard let context else { return }
    let (site, folder, own) = (door.site, door.folder, bound(context))
    NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) {
      var answer = try WebFileAnswer.make(of: path, in: folder, isPrivate: isPrivate, to: request)
      if let cookie { site.give(cookie, to: request, in: &answer.head) }
      return answer
    }.whenComplete { result in
      guard let answer = try? result.get() else { return own.value.send(Self.failure(request)) }
      own.value.begin(answer)
    }
  }

  private func begin(_ answer: WebFileAnswer) {
    guard let file = answer.file, !answer.range.isEmpty else { return send(answer.head) }
    write(answer.head)
    pass(answer.first, of: file, from: answer.range.lowerBound, to: answer.range.upperBound)
  }

  /// Reads a chunk when the one before is on its way: a slow browser holds one, not the file.
  private func pass(
    _ chunk: ByteBuffer,
    of file: WebFile,
    from position: UInt64,
    to end: UInt64
  ) {
    guard let context else { return }
    let (loop, own) = (context.eventLoop, bound(context))
    let next = position + UInt64(chunk.readableBytes)
    let part = HTTPServerResponsePart.body(.byteBuffer(chunk))
    guard next < end else {
      context.write(Self.wrapOutboundOut(part), promise: nil)
      return finish()
    }
    let count = Int(min(end - next, UInt64(WebFile.chunkSize)))
    context.writeAndFlush(Self.wrapOutboundOut(part)).flatMap {
      NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
        try file.read(from: next, count: count)
      }
    }.whenComplete { result in
      // What was promised cannot be sent any more: the browser must see that it is not whole.
      guard let chunk = try? result.get() else { return own.value.cut() }
      own.value.pass(chunk, of: file, from: next, to: end)
    }
  }

  private func cut() { context?.close(promise: nil) }

  // MARK: Answers

  private func refuse(_ status: HTTPResponseStatus, _ sentence: String, _ request: WebRequest) {
    closesAfterAnswer = true
    send(WebAnswer(status, saying: sentence, to: request))
  }

  private func send(_ answer: WebAnswer) {
    guard let context else { return }
    write(answer)
    if !isHead, !answer.body.isEmpty {
      let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: answer.body)))
      context.write(Self.wrapOutboundOut(part), promise: nil)
    }
    finish()
  }

  private func write(_ answer: WebAnswer) {
    door.counters.web.answered(answer.status)
    var head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers)
    head.headers.add(name: "date", value: date.now())
    head.headers.add(name: "x-content-type-options", value: "nosniff")
    if !head.headers.contains(name: "cache-control") {
      head.headers.add(name: "cache-control", value: "no-store")
    }
    if answer.status.mayHaveResponseBody, !head.headers.contains(name: "content-length") {
      head.headers.add(name: "content-length", value: "\(answer.body.count)")
    }
    if closesAfterAnswer { head.headers.add(name: "connection", value: "close") }
    context?.write(Self.wrapOutboundOut(.head(head)), promise: nil)
  }

  private func finish() {
    guard let context else { return }
    state = closesAfterAnswer ? .over : .idle
    clock.answerEnded()
    guard closesAfterAnswer else {
      return context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
    let own = bound(context)
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)))
      .whenComplete { _ in own.value.closeOutput() }
  }

  private func closeOutput() {
    guard let context else { return }
    let channel = context.channel
    context.close(mode: .output, promise: nil)
    channel.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch (error, state) {
    case (is HTTPParserError, .idle), (is HTTPParserError, .receiving):
      closesAfterAnswer = true
      let isMethod = clock.sawLetter && (error as? HTTPParserError) == .invalidMethod
      var answer = WebAnswer(isMethod ? .methodNotAllowed : .badRequest)
      if isMethod { answer.headers.add(name: "allow", value: "GET, HEAD") }
      send(answer)
    case (_, .over): break
    default: context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed = event else {
      return context.fireUserInboundEventTriggered(event)
    }
    switch state {
    case .answering: closesAfterAnswer = true
    case .idle, .receiving: context.close(promise: nil)
    case .over: break
    }
  }

  private func bound(_ context: ChannelHandlerContext) -> NIOLoopBound<WebConnection> {
    NIOLoopBound(self, eventLoop: context.eventLoop)
  }
}
