package import SyncProtocol

/// An event with its place in the stream.
package struct PostedEvent: Sendable {
  package let id: EventID
  package let event: ServerEvent
}

/// Where the project's events come from: the last state, then whatever follows it.
///
/// Subscribers are parts of this process that only pass events on, so nothing is dropped here; what
/// a slow client misses is decided where it is known how far behind it is.
package actor EventHub {
  /// Who listens now, for how long their return has to be spread.
  package nonisolated let audience = Audience()
  nonisolated let serverID: String

  private var ready: Ready
  private var generation: GenerationID
  private var serial: UInt64
  private var nextSubscriber = 0
  private var subscribers: [Int: AsyncStream<PostedEvent>.Continuation] = [:]

  /// `serial` is the number of the first event: above those of earlier processes, so that a client's
  /// position tells which of them it is from.
  package init(project: String, serverID: String, startingAt serial: UInt64 = 0) {
    self.serial = serial
    self.serverID = serverID
    ready = Ready(project: project, serverID: serverID, state: .loading, generation: nil)
    generation = GenerationID(epoch: 0, gen: 0)
  }

  /// The revisions that `ready` tells.
  package var revisions: Revisions { ready.revisions }

  /// Takes the revisions that the owned files have at the start; later ones come as events.
  package func begin(with revisions: Revisions) {
    ready.apply(.catalog(RevisionChange(revision: revisions.catalog, since: nil, changed: nil)))
    ready.apply(.directory(RevisionChange(revision: revisions.directory, since: nil, changed: nil)))
  }

  /// Begins with `ready`; every later event follows in order.
  package func subscribe() -> AsyncStream<PostedEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: PostedEvent.self)
    let key = nextSubscriber
    nextSubscriber += 1
    subscribers[key] = continuation
    continuation.onTermination = { [weak self] _ in
      // The stream ends outside of any task of ours; the hub only drops its reference.
      Task { await self?.drop(key) }
    }
    continuation.yield(posted(.ready(ready)))
    return stream
  }

  /// Posts a new published generation.
  package func post(_ notice: ReconnectRequired, id: GenerationID) {
    generation = id
    post(.reconnectRequired(notice))
  }

  /// Takes the first generation as the state, without a notice: nobody has an older one.
  package func start(at record: GenerationRecord, id: GenerationID) {
    generation = id
    let first = Ready(
      project: ready.project,
      serverID: ready.serverID,
      state: .serving,
      generation: record,
      revisions: ready.revisions
    )
    post(.ready(first))
  }

  /// Posts a change that is not a generation: a build state, a revision, that the server goes away.
  package func post(_ event: ServerEvent) {
    serial += 1
    ready.apply(event)
    let posted = posted(event)
    for continuation in subscribers.values { continuation.yield(posted) }
  }

  private func posted(_ event: ServerEvent) -> PostedEvent {
    PostedEvent(id: EventID(generation: generation, serial: serial), event: event)
  }

  private func drop(_ key: Int) { subscribers[key] = nil }
}
