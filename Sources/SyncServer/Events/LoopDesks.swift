import NIOCore
import ProjectHost
import Sessions
import SyncProtocol

/// The desks of all event loops, reachable from anywhere.
struct LoopDesks: Sendable {
  private let desks: [NIOLoopBound<LoopDesk>]

  init(
    group: any EventLoopGroup,
    ready: Ready,
    position: EventID,
    configuration: ServerConfiguration,
    counters: ServerCounters,
    roster: StreamRoster,
    admission: Admission,
    immediate: [ImmediateRead]
  ) async throws {
    var desks: [NIOLoopBound<LoopDesk>] = []
    for loop in group.makeIterator() {
      let desk = try await loop.submit {
        NIOLoopBound(
          LoopDesk(
            loop: loop,
            ready: ready,
            position: position,
            configuration: configuration,
            counters: counters,
            roster: roster,
            admission: admission,
            immediate: immediate
          ),
          eventLoop: loop
        )
      }.get()
      desks.append(desk)
    }
    self.desks = desks
  }

  /// The desk of the loop that the caller runs on; `nil` off the server's loops.
  func here(on loop: any EventLoop) -> LoopDesk? {
    desks.first { $0.eventLoop === loop }?.value
  }

  /// Hands an event to every loop.
  func deliver(_ posted: PostedEvent, _ frame: EventFrame) {
    for desk in desks {
      desk.eventLoop.execute { desk.value.deliver(posted, frame) }
    }
  }

  /// Ends every connection, after the request under way; returns when none is left.
  func drain() async throws {
    let all = desks.map { desk in desk.eventLoop.flatSubmit { desk.value.drain() } }
    for future in all { try await future.get() }
  }

  /// Ends the event streams of a session.
  func endStreams(of session: SessionID) {
    for desk in desks { desk.eventLoop.execute { desk.value.endStreams(of: session) } }
  }

  /// Ends the event streams that a hook's pass has opened.
  func endStreams(of hook: ProcessReference) {
    for desk in desks { desk.eventLoop.execute { desk.value.endStreams(of: hook) } }
  }

  /// Ends the event streams of those who have shown nothing.
  func endAnonymousStreams() {
    for desk in desks { desk.eventLoop.execute { desk.value.endAnonymousStreams() } }
  }

  /// Closes every connection now.
  func closeAll() {
    for desk in desks { desk.eventLoop.execute { desk.value.closeAll() } }
  }
}
