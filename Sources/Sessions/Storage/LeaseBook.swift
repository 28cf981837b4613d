/// The leases on all storages; a storage that nobody uses costs nothing.
///
/// It has no clock: every call says what time it is, and whatever is over by then ends first.
struct LeaseBook: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Answer: Hashable, Sendable {
    case granted(StorageLease)
    /// Behind somebody whose lease ends at the latest then.
    case waiting(LeaseTicket, until: Instant)
  }

  /// What a process that waited is told.
  enum Outcome: Sendable {
    case granted(StorageLease)
    case refused(SessionRefusal)
  }

  private var queues: [StorageKey: LeaseQueue] = [:]
  private var lastID: UInt64 = 0
  private var outcomes: [LeaseTicket: Outcome] = [:]

  /// The outcomes since the last call, to be told to those who waited.
  mutating func takeOutcomes() -> [LeaseTicket: Outcome] {
    guard !outcomes.isEmpty else { return [:] }
    defer { outcomes = [:] }
    return outcomes
  }

  mutating func take(
    _ storage: StorageKey,
    for process: ProcessReference,
    during duration: Duration,
    waits: Bool,
    at now: Instant
  ) throws(SessionRefusal) -> Answer {
    guard duration > .zero, duration <= StorageLease.longest else {
      throw .leaseTime(longest: StorageLease.longest)
    }
    settle(storage, at: now)
    lastID += 1
    guard var queue = queues[storage] else {
      let lease = StorageLease(
        id: lastID,
        storage: storage,
        process: process,
        end: now.advanced(by: duration)
      )
      queues[storage] = LeaseQueue(holder: lease)
      return .granted(lease)
    }
    defer { queues[storage] = queue }
    if let lease = queue.nest(process) { return .granted(lease) }
    guard waits else { throw .inUse }
    let ticket = LeaseTicket(number: lastID)
    guard queue.wait(.init(ticket: ticket, process: process, duration: duration)) else {
      throw .tooManyWaiting
    }
    return .waiting(ticket, until: queue.holder.end)
  }

  /// When the lease that stands before those who wait is over.
  func end(of storage: StorageKey) -> Instant? { queues[storage]?.holder.end }

  mutating func release(
    _ id: UInt64,
    of storage: StorageKey,
    at now: Instant
  ) throws(SessionRefusal) {
    settle(storage, at: now)
    guard var queue = queues[storage], queue.holder.id == id else { throw .leaseOver }
    let isOutermost = queue.end()
    queues[storage] = queue
    if isOutermost { passOn(storage, at: now) }
  }

  /// Whether a change may be made with the lease `id`, or without one.
  mutating func check(
    _ id: UInt64?,
    on storage: StorageKey,
    at now: Instant
  ) throws(SessionRefusal) {
    settle(storage, at: now)
    switch (queues[storage]?.holder.id, id) {
    case (let holder?, let id?) where holder == id: return
    case (_, .some): throw .leaseOver
    case (.some, nil): throw .inUse
    case (nil, nil): return
    }
  }

  /// Somebody waits no more; one who has its lease already keeps it.
  mutating func giveUp(_ ticket: LeaseTicket, of storage: StorageKey) {
    _ = queues[storage]?.removeWaiters { $0.ticket == ticket }
  }

  /// A process has ended: what it held goes to the next, and it waits no more.
  mutating func processEnded(_ process: ProcessReference, at now: Instant) {
    for (storage, queue) in queues {
      refuse(.unknownProcess, on: storage) { $0.process == process }
      if queue.holder.process == process { passOn(storage, at: now) }
    }
  }

  /// A session has ended: nobody waits for its storages, and its processes hold none.
  mutating func sessionEnded(_ session: SessionID, at now: Instant) {
    for (storage, queue) in queues {
      if storage.session == session {
        refuse(.unknownSession, on: storage) { _ in true }
        queues[storage] = nil
      } else {
        refuse(.unknownSession, on: storage) { $0.process.session == session }
        if queue.holder.process.session == session { passOn(storage, at: now) }
      }
    }
  }

  /// Ends every lease whose time is over.
  mutating func expire(at now: Instant) {
    for storage in Array(queues.keys) { settle(storage, at: now) }
  }

  private mutating func settle(_ storage: StorageKey, at now: Instant) {
    while let queue = queues[storage], queue.holder.end <= now {
      // The next one's time begins when it learns of it, not when the last one's was over.
      passOn(storage, at: now)
    }
  }

  private mutating func passOn(_ storage: StorageKey, at now: Instant) {
    lastID += 1
    if let (ticket, lease) = queues[storage]?.passOn(id: lastID, at: now) {
      outcomes[ticket] = .granted(lease)
    } else {
      queues[storage] = nil
    }
  }

  private mutating func refuse(
    _ refusal: SessionRefusal,
    on storage: StorageKey,
    where condition: (LeaseQueue.Waiter) -> Bool
  ) {
    for ticket in queues[storage]?.removeWaiters(where: condition) ?? [] {
      outcomes[ticket] = .refused(refusal)
    }
  }
}
