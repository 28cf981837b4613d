import Foundation
import NIOCore
import NIOHTTP1
import ProjectHost
import Sessions
import SyncProtocol

/// What one event loop knows: its connections, its event streams, and the state they were told.
///
/// Belongs to its loop and is used nowhere else. Because events are applied and streams opened on
/// the same loop, a stream's `ready` holds exactly the events that were sent before it.
final class LoopDesk {
  let counters: ServerCounters
  let roster: StreamRoster
  let admission: Admission
  let executor: LoopExecutor
  /// What is answered without the router.
  let immediate: [ImmediateRead]
  var date = HTTPDate()

  private let loop: any EventLoop
  private let heartbeat: TimeAmount
  private let blockedLimit: TimeAmount
  private var ready: Ready
  private var position: EventID
  private var readyFrame: EventFrame?
  private var gates: [ObjectIdentifier: ConnectionGate] = [:]
  /// In the order in which they began: who was here first is told first, and newcomers, however
  /// many and however slow, do not stand in the way.
  private var streams: [EventStreamHandler] = []
  /// What is applied and not told yet: what comes while the loop is busy is told together.
  private var untold: [EventFrame] = []
  /// For streams that are behind, by the number that `told` had at each.
  private(set) var recent = RecentFrames()
  private var told: UInt64 = 0
  private var pulse: RepeatedTask?
  private var blockedCheck: Scheduled<Void>?
  private var emptied: EventLoopPromise<Void>?

  init(
    loop: any EventLoop,
    ready: Ready,
    position: EventID,
    configuration: ServerConfiguration,
    counters: ServerCounters,
    roster: StreamRoster,
    admission: Admission,
    immediate: [ImmediateRead]
  ) {
    self.loop = loop
    self.immediate = immediate
    self.counters = counters
    self.roster = roster
    self.admission = admission
    executor = LoopExecutor(loop)
    heartbeat = TimeAmount(configuration.heartbeat)
    blockedLimit = TimeAmount(configuration.blockedLimit)
    self.ready = ready
    self.position = position
  }

  // MARK: Connections

  func add(_ gate: ConnectionGate) { gates[ObjectIdentifier(gate)] = gate }

  func remove(_ gate: ConnectionGate) {
    gates[ObjectIdentifier(gate)] = nil
    tellIfEmpty()
  }

  func remove(_ stream: EventStreamHandler) {
    guard let index = index(of: stream) else { return }
    streams.remove(at: index)
    roster.remove(stream.number)
    if let session = stream.session { admission.sessions.useEnded(session) }
    if let process = stream.process { admission.sessions.endProcess(process) }
    if streams.isEmpty {
      pulse?.cancel()
      pulse = nil
    }
    tellIfEmpty()
  }

  /// Where a stream stands: numbers grow with the order.
  private func index(of stream: EventStreamHandler) -> Int? {
    var (low, high) = (0, streams.count)
    while low < high {
      let middle = (low + high) / 2
      if streams[middle].number < stream.number {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < streams.count && streams[low] === stream ? low : nil
  }

  /// Ends every stream and, after the request under way, every other connection.
  ///
  /// - Returns: a future that succeeds when none is left.
  func drain() -> EventLoopFuture<Void> {
    let emptied = loop.makePromise(of: Void.self)
    self.emptied = emptied
    // The project's own word of it may still be on its way to this loop.
    let bye = ReturnSpread(clients: roster.count, bandwidth: 1).drain(reason: "shutdown")
    let frame = ready.state == .draining ? nil : try? EventFrame(.drain(bye), id: position)
    tell([frame].compactMap(\.self))
    for stream in streams { stream.finish() }
    for gate in Array(gates.values) { gate.end(now: false) }
    tellIfEmpty()
    return emptied.futureResult
  }

  /// Closes what is left.
  func closeAll() {
    for stream in streams { stream.cut() }
    for gate in Array(gates.values) { gate.end(now: true) }
  }

  var isDraining: Bool { emptied != nil }

  private func tellIfEmpty() {
    if gates.isEmpty, streams.isEmpty { emptied?.succeed() }
  }

  // MARK: Streams

  /// Turns a connection into an event stream: its head, `ready`, then whatever follows.
  func openStream(
    _ request: StreamRequest,
    _ head: HTTPRequestHead,
    of caller: Caller,
    about subject: SessionID?,
    on context: ChannelHandlerContext,
    replacing gate: ConnectionGate
  ) {
    let channel = context.channel
    let connection = ClientConnection(
      transport: request.transport.word,
      address: channel.remoteAddress?.ipAddress ?? "socket",
      since: Date.now.ISO8601Format()
    )
    let (number, client) = roster.add(caller.session?.id, connection)
    let stream = EventStreamHandler(
      desk: self,
      request: request,
      session: caller.session?.id,
      addressee: EventAddressee(client: client, subject: subject, topics: request.topics),
      hook: caller.hook,
      isAnonymous: caller.grades == [.anonymous],
      number: number
    )
    do {
      let answer =
        request.transport == .webSocket
        ? try WebSocketHandshake.answer(to: head, on: channel) : streamHead(gate.streamFields)
      try ConnectionSetup.stripHTTP(from: channel, gate: gate, adding: stream)
      ConnectionSetup.tuneForEvents(channel, blockedLimit: blockedLimit)
      tell()
      let opening = try [currentReady()] + [reset(for: stream)].compactMap(\.self)
      streams.append(stream)
      begin(stream)
      startPulse()
      stream.begin(answer, opening)
      // Whoever ends it from here on comes to `endStreams` after this.
      if isOver(stream) { stream.finish() }
    } catch {
      roster.remove(number)
      channel.close(promise: nil)
    }
  }

  private func isOver(_ stream: EventStreamHandler) -> Bool {
    let (sessions, subject) = (admission.sessions, stream.addressee.subject)
    return subject.map { !sessions.has($0) } ?? false
      || stream.hook.map { !sessions.has($0) } ?? false
  }

  /// Notes the stream with the session that it is a process of.
  private func begin(_ stream: EventStreamHandler) {
    if let session = stream.session { admission.sessions.useBegan(session) }
    guard let session = stream.session ?? stream.addressee.subject else { return }
    // A session with more connections than are counted still hears of everything.
    stream.process = try? admission.sessions.beginProcess(
      of: session,
      .events,
      name: stream.transport.word.rawValue
    )
  }

  /// Ends the streams of a session that has ended.
  func endStreams(of session: SessionID) {
    tell()
    for stream in streams where stream.isOf(session) { stream.finish() }
  }

  /// Ends the streams that a hook's pass has opened.
  func endStreams(of hook: ProcessReference) {
    for stream in streams where stream.hook == hook { stream.finish() }
  }

  func endAnonymousStreams() {
    tell()
    for stream in streams where stream.isAnonymous { stream.finish() }
  }

  private func streamHead(_ fields: String) -> ByteBuffer {
    let retry = EventFrame.chunk("retry: \(Int.random(in: 500...2_000))\n\n")
    var head = ByteBuffer(
      string: """
        HTTP/1.1 200 OK\r
        content-type: text/event-stream\r
        cache-control: no-store\r
        \(fields)transfer-encoding: chunked\r
        date: \(date.now())\r
        \r

        """
    )
    head.writeImmutableBuffer(retry)
    return head
  }

  private func currentReady() throws -> EventFrame {
    if let readyFrame { return readyFrame }
    let frame = try EventFrame(.ready(ready), id: position)
    readyFrame = frame
    return frame
  }

  /// The event that tells a client to forget the position that it came with, if it must.
  private func reset(for stream: EventStreamHandler) throws -> EventFrame? {
    // Before the first generation nobody knows the epoch: the answer waits for it.
    if case .after = stream.unresolved, ready.generation == nil { return nil }
    let why = stream.unresolved.resetReason(at: position)
    stream.resolved()
    return try why.map { try EventFrame(.reset(Reset(why: $0)), id: position) }
  }

  // MARK: Events

  /// Applies an event to the state and sends it to every stream of the loop, with those that are
  /// waiting for the loop already.
  func deliver(_ posted: PostedEvent, _ frame: EventFrame) {
    apply(posted)
    untold.append(frame)
    guard untold.count == 1 else { return }
    loop.assumeIsolated().execute { [weak self] in self?.tell() }
  }

  /// Sends what is applied and then something more; before this nobody hears of a later position.
  private func tell(_ more: [EventFrame] = []) {
    let frames = untold + more
    untold = []
    guard !frames.isEmpty else { return }
    let last = told
    let stale = keep(frames)
    let ending = Set(frames.lazy.filter(\.isLast).compactMap(\.recipient))
    var (sent, coalesced) = (0, 0)
    // A stream that ends meanwhile leaves the list, not this walk over it.
    for stream in streams {
      if let since = stream.behindSince {
        coalesced += stale.count { $0 > since }
      } else {
        sent += stream.send(frames, after: last)
        if stream.isUnresolved, stream.takesMore, let reset = try? reset(for: stream) {
          sent += stream.send([reset], after: told)
        }
      }
      if ending.contains(where: stream.ends(with:)) { stream.finish() }
    }
    counters.sent.add(sent)
    counters.coalesced.add(coalesced)
  }

  /// Numbers frames, and keeps them for those who are behind.
  ///
  /// - Returns: the numbers of those that newer ones have replaced.
  private func keep(_ frames: [EventFrame]) -> [UInt64] {
    frames.compactMap { frame in
      told += 1
      // A sign of life, which the next event gives as well.
      return frame.topic == .bookmark ? nil : recent.put(frame, at: told)
    }
  }

  private func apply(_ posted: PostedEvent) {
    readyFrame = nil
    position = posted.id
    ready.apply(posted.event)
  }

  // MARK: Timers, one of each kind for all streams of the loop

  private func startPulse() {
    guard pulse == nil else { return }
    let desk = NIOLoopBound(self, eventLoop: loop)
    pulse = loop.scheduleRepeatedTask(initialDelay: heartbeat, delay: heartbeat) { _ in
      desk.value.beat()
    }
  }

  private func beat() {
    guard let frame = try? EventFrame(.bookmark, id: position) else { return }
    tell([frame])
  }

  /// Makes sure that a stream which stays blocked is cut in time.
  func watchBlocked() {
    guard blockedCheck == nil else { return }
    scheduleBlockedCheck(at: .now() + blockedLimit)
  }

  private func scheduleBlockedCheck(at moment: NIODeadline) {
    blockedCheck = loop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
      self?.cutBlocked()
    }
  }

  private func cutBlocked() {
    blockedCheck = nil
    let now = NIODeadline.now()
    var next: NIODeadline?
    for stream in streams {
      guard let since = stream.blockedSince else { continue }
      if since + blockedLimit <= now {
        counters.cut.add()
        stream.cut()
      } else {
        next = min(next ?? .distantFuture, since + blockedLimit)
      }
    }
    if let next { scheduleBlockedCheck(at: next) }
  }
}
