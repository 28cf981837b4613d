import NIOCore

/// Ends a connection that takes too long for what it does; it sees the plain bytes both ways.
///
/// The gate tells it where a connection is between requests. One timer a connection, which never
/// sleeps longer than the shortest limit: moving a deadline is an assignment.
final class ConnectionClock: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    /// A head, or the handshake before the first one, is under way.
    case head
    /// Between two requests.
    case idle
    /// A body is under way; it ends at the given time at the latest.
    case body(end: NIODeadline)
    /// It is the server's turn.
    case answering
  }

  private let limits: ConnectionLimits
  private let counters: ServerCounters
  private let tick: TimeAmount
  private var phase = Phase.head
  private var deadline: NIODeadline
  /// Whether the answer was complete before its request was, as a refusal may be.
  private var isAnswered = false
  private var blockedSince: NIODeadline?
  private var timer: Scheduled<Void>?
  /// Whether the last bytes of a head that came began with a letter, as a method's name does.
  private(set) var sawLetter = false

  init(_ limits: ConnectionLimits, counters: ServerCounters) {
    self.limits = limits
    self.counters = counters
    let shortest = min(limits.head, limits.idle, limits.bodyPause, limits.body, limits.blocked)
    tick = TimeAmount(shortest)
    deadline = .now() + TimeAmount(limits.head)
  }

  // MARK: What the gate tells

  func headCame() {
    let now = NIODeadline.now()
    isAnswered = false
    phase = .body(end: now + TimeAmount(limits.body))
    deadline = now + TimeAmount(limits.bodyPause)
  }

  func requestEnded() {
    guard !isAnswered else { return rest() }
    phase = .answering
    deadline = .distantFuture
  }

  func answerEnded() {
    isAnswered = true
    if case .answering = phase { rest() }
  }

  private func rest() {
    phase = .idle
    deadline = .now() + TimeAmount(limits.idle)
  }

  // MARK: What passes

  func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch phase {
    case .idle:
      phase = .head
      deadline = .now() + TimeAmount(limits.head)
      note(data)
    case .head: note(data)
    case .body(let end): deadline = min(end, .now() + TimeAmount(limits.bodyPause))
    case .answering: break
    }
    context.fireChannelRead(data)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    blockedSince = context.channel.isWritable ? nil : .now()
    context.fireChannelWritabilityChanged()
  }

  private func note(_ data: NIOAny) {
    let bytes = Self.unwrapInboundIn(data)
    let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) ?? 0
    sawLetter = (0x41...0x5A).contains(first)
  }

  private func schedule(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((clock: self, context: context), eventLoop: context.eventLoop)
    let wake = min(deadline, .now() + tick)
    timer = context.eventLoop.scheduleTask(deadline: wake) {
      bound.value.clock.check(bound.value.context)
    }
  }

  private func check(_ context: ChannelHandlerContext) {
    let now = NIODeadline.now()
    let isBlocked = blockedSince.map { $0 + TimeAmount(limits.blocked) <= now } ?? false
    guard deadline <= now || isBlocked else { return schedule(context) }
    timer = nil
    if case .idle = phase {} else { counters.timedOut.add() }
    context.close(promise: nil)
  }
}
