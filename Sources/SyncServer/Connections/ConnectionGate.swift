import NIOCore
import NIOHTTP1
import Sessions
import SyncProtocol

/// The door of a connection: every request head passes here before anybody acts on it.
///
/// It refuses, turns the connection into an event stream, or lets the router have the request;
/// and it gives every answer the fields that all answers have. The router's part of the pipeline
/// is installed by the first request that needs it: an event stream never pays for it.
final class ConnectionGate: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Between two requests.
    case idle
    case routing(bodyLimit: Int)
    /// A browser's question is answered when it has ended.
    case preflight
    /// So is what lies ready.
    case reading(ImmediateRead, name: String, HTTPRequestHead)
    /// The stream begins when the request has ended.
    case opening(StreamRequest, HTTPRequestHead, Caller, about: SessionID?)
    /// Our side is closed; a moment is left for the peer to read the answer. What it still sends
    /// is thrown away.
    case lingering
  }

  /// Time for a peer to read a last answer before what it still sends resets the connection.
  private static let linger = TimeAmount.seconds(1)

  private let entrance: Entrance
  private let identity: ConnectionIdentity
  private let desk: LoopDesk
  private let clock: ConnectionClock
  private let installRouter: (any Channel) throws -> Void
  private var state = State.idle
  /// Of the request under way.
  private var bodyBytes = 0
  private var hasRouter = false
  private var closesAfterAnswer = false
  /// The peer has used up its patience: its connection ends with the answer under way.
  private var answersLast = false
  private var isHead = false
  private var answerBegan = false
  /// The configured origin that the request under way comes from.
  private var origin: String?
  private var context: ChannelHandlerContext?

  /// Makes a gate; `installRouter` adds the router's handlers behind it.
  init(
    entrance: Entrance,
    identity: ConnectionIdentity,
    desk: LoopDesk,
    clock: ConnectionClock,
    installRouter: @escaping (any Channel) throws -> Void
  ) {
    self.entrance = entrance
    self.identity = identity
    self.desk = desk
    self.clock = clock
    self.installRouter = installRouter
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    desk.add(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    desk.remove(self)
  }

  /// Ends the connection: after the request under way, or at once.
  func end(now: Bool) {
    guard let context else { return }
    if now {
      context.close(promise: nil)
    } else {
      // The pipelining handler closes when no answer is under way any more.
      context.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head(let head): receive(head, context: context)
    case .body(let body): receive(body, context: context)
    case .end(let trailers): receiveEnd(trailers, context: context)
    }
  }

  private func receive(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    guard case .idle = state else { return }
    clock.headCame()
    origin = entrance.allowedOrigin(of: head)
    isHead = head.method == .HEAD
    answerBegan = false
    bodyBytes = 0
    // NIO reads no further request after one that offers an upgrade.
    closesAfterAnswer = !head.isKeepAlive || head.headers.contains(name: "upgrade")
    let target = RequestTarget(head.uri)
    switch entrance.verdict(on: head, target: target, local: identity.local) {
    case .refuse(let problem): refuse(problem, context: context)
    case .preflight: state = .preflight
    case .stream(let request): open(request, head, context: context)
    case .route:
      if let (read, name) = immediateRead(of: head, target) {
        askForBody(of: head, context: context)
        return state = .reading(read, name: name, head)
      }
      do {
        try route(head, target: target, context: context)
      } catch {
        context.close(promise: nil)
      }
    }
  }

  private func open(
    _ request: StreamRequest,
    _ head: HTTPRequestHead,
    context: ChannelHandlerContext
  ) {
    do {
      let caller = try desk.admission.admit(
        identity,
        authorization: head.headers.first(name: "authorization"),
        to: .clients,
        path: Route.events,
        isWrite: false
      )
      if caller.hook == nil { try desk.admission.checkNew(caller) }
      let subject = try StreamRequest.subject(
        request.session,
        of: caller,
        in: desk.admission.sessions
      )
      state = .opening(request, head, caller, about: subject)
    } catch {
      refuse(error, context: context)
    }
  }

  private func route(
    _ head: HTTPRequestHead,
    target: RequestTarget,
    context: ChannelHandlerContext
  ) throws {
    if !hasRouter {
      hasRouter = true
      try installRouter(context.channel)
    }
    state = .routing(bodyLimit: BodyLimit.of(target.path))
    askForBody(of: head, context: context)
    var head = head
    head.uri = target.resource
    head.headers.replaceOrAdd(name: "connection", value: closesAfterAnswer ? "close" : "keep-alive")
    context.fireChannelRead(Self.wrapInboundOut(.head(head)))
  }

  /// What the gate itself has the answer of.
  private func immediateRead(
    of head: HTTPRequestHead,
    _ target: RequestTarget
  ) -> (ImmediateRead, name: String)? {
    guard head.method == .GET || head.method == .HEAD else { return nil }
    let path = target.path
    for read in desk.immediate {
      if let name = read.name(in: path) { return (read, name) }
    }
    return nil
  }

  /// Tells a client that waits with its body to go on.
  private func askForBody(of head: HTTPRequestHead, context: ChannelHandlerContext) {
    guard
      head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
    else { return }
    let go = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(Self.wrapOutboundOut(.head(go)), promise: nil)
  }

  private func receive(_ body: ByteBuffer, context: ChannelHandlerContext) {
    bodyBytes += body.readableBytes
    switch state {
    case .routing(let limit):
      // The routes answer 413 beyond the limit; who goes on sending regardless is cut.
      guard bodyBytes <= max(4 * BodyLimit.usual, 2 * limit) else {
        return context.close(promise: nil)
      }
      context.fireChannelRead(Self.wrapInboundOut(.body(body)))
    case .preflight, .reading:
      // Nobody reads it.
      if bodyBytes > 4 * BodyLimit.usual { context.close(promise: nil) }
    case .idle, .opening, .lingering: break
    }
  }

  private func receiveEnd(_ trailers: HTTPHeaders?, context: ChannelHandlerContext) {
    clock.requestEnded()
    switch state {
    case .idle, .lingering: break
    case .preflight:
      state = .idle
      give(.preflight, context: context)
    case .reading(let read, let name, let head):
      state = .idle
      give(answer(head, with: read, named: name), context: context)
    case .routing:
      state = .idle
      context.fireChannelRead(Self.wrapInboundOut(.end(trailers)))
    case .opening(let request, let head, let caller, let subject):
      desk.openStream(request, head, of: caller, about: subject, on: context, replacing: self)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .lingering = state { return }
    let hasAnswer: Bool
    if case .routing = state { hasAnswer = answerBegan } else { hasAnswer = false }
    guard error is HTTPParserError, !hasAnswer else { return context.close(promise: nil) }
    // The router never hears of it: a request must not be answered twice.
    if case HTTPParserError.invalidMethod = error, clock.sawLetter {
      refuse(
        ProblemDetails(.methodNotAllowed, detail: "No resource of this server has that method."),
        context: context
      )
    } else {
      refuse(
        ProblemDetails(.badRequest, detail: "This is no request that HTTP/1.1 allows."),
        context: context
      )
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event, !hasRouter {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  // MARK: Answers

  /// Fields of every answer that a stream's head needs too, each with its line's end.
  var streamFields: String {
    AnswerFields.security(for: origin).map { "\($0): \($1)\r\n" }.joined()
  }

  private func answer(
    _ head: HTTPRequestHead,
    with read: ImmediateRead,
    named name: String
  ) -> GateAnswer {
    do {
      let caller = try desk.admission.admit(
        identity,
        authorization: head.headers.first(name: "authorization"),
        to: read.access,
        path: read.path,
        isWrite: false
      )
      return GateAnswer(try read.answer(caller, name), to: head)
    } catch {
      return GateAnswer(error)
    }
  }

  private func refuse(_ problem: ProblemDetails, context: ChannelHandlerContext) {
    closesAfterAnswer = true
    give(GateAnswer(problem), context: context)
  }

  /// Sends an answer, and closes where that was agreed on.
  private func give(_ answer: GateAnswer, context: ChannelHandlerContext) {
    var head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers)
    complete(&head)
    context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    if !isHead, answer.body.readableBytes > 0 {
      let part = HTTPServerResponsePart.body(.byteBuffer(answer.body))
      context.write(Self.wrapOutboundOut(part), promise: nil)
    }
    clock.answerEnded()
    context.write(Self.wrapOutboundOut(.end(nil)), promise: nil)
    if closesAfterAnswer { endOutput(context: context) } else { context.flush() }
  }

  private func endOutput(context: ChannelHandlerContext) {
    context.flush()
    state = .lingering
    context.close(mode: .output, promise: nil)
    lingerThenClose(context.channel)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // The router may still be answering what has been refused in the middle.
    if case .lingering = state { return promise?.succeed() ?? () }
    guard case .head(var head) = Self.unwrapOutboundIn(data), head.status.code >= 200 else {
      guard case .end = Self.unwrapOutboundIn(data) else {
        return context.write(data, promise: promise)
      }
      // The next request may be waiting already, and comes in while this end is written.
      clock.answerEnded()
      context.write(data, promise: promise)
      if answersLast { endOutput(context: context) }
      return
    }
    answerBegan = true
    if identity.isSpent { (answersLast, closesAfterAnswer) = (true, true) }
    complete(&head)
    context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
  }

  private func complete(_ head: inout HTTPResponseHead) {
    head.headers.replaceOrAdd(name: "date", value: desk.date.now())
    for (name, value) in AnswerFields.security(for: origin) {
      head.headers.replaceOrAdd(name: name, value: value)
    }
    if !head.headers.contains(name: "cache-control") {
      head.headers.add(name: "cache-control", value: "no-store")
    }
    if closesAfterAnswer { head.headers.replaceOrAdd(name: "connection", value: "close") }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode == .output, case .lingering = state { return promise?.succeed() ?? () }
    context.close(mode: mode, promise: promise)
    guard mode == .output else { return }
    state = .lingering
    lingerThenClose(context.channel)
  }

  private func lingerThenClose(_ channel: any Channel) {
    channel.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) { channel.close(promise: nil) }
  }
}
