/// The right to change a storage alone for a while: 4D's `Use … End use`.
package struct StorageLease: Hashable, Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// As long as a lease may be.
  package static let longest = Duration.seconds(30)
  package static let usual = Duration.seconds(5)

  /// Never given twice in the life of a server.
  package let id: UInt64
  package let storage: StorageKey
  package let process: ProcessReference
  package let end: Instant
}

/// A process's place in the queue for a storage.
struct LeaseTicket: Hashable, Sendable {
  let number: UInt64
}

/// Who uses a storage and who waits for it, first come, first served.
struct LeaseQueue: Sendable {
  typealias Instant = ContinuousClock.Instant

  struct Waiter: Sendable {
    let ticket: LeaseTicket
    let process: ProcessReference
    let duration: Duration
  }

  static let mostWaiters = 64

  private(set) var holder: StorageLease
  /// `Use` inside `Use` of the same process: as many ends are needed.
  private var nesting = 1
  private(set) var waiters: [Waiter] = []

  init(holder: StorageLease) { self.holder = holder }

  /// Goes one level deeper where the process has the lease already.
  mutating func nest(_ process: ProcessReference) -> StorageLease? {
    guard holder.process == process else { return nil }
    nesting += 1
    return holder
  }

  /// - Returns: whether there was room.
  mutating func wait(_ waiter: Waiter) -> Bool {
    guard waiters.count < Self.mostWaiters else { return false }
    waiters.append(waiter)
    return true
  }

  /// One end of the holder.
  ///
  /// - Returns: whether it was the outermost.
  mutating func end() -> Bool {
    nesting -= 1
    return nesting == 0
  }

  /// Hands the storage to the next in the queue.
  ///
  /// - Returns: its ticket and lease; `nil` when nobody waits, and the queue is to be given up.
  mutating func passOn(id: UInt64, at now: Instant) -> (LeaseTicket, StorageLease)? {
    guard !waiters.isEmpty else { return nil }
    let next = waiters.removeFirst()
    holder = StorageLease(
      id: id,
      storage: holder.storage,
      process: next.process,
      end: now.advanced(by: next.duration)
    )
    nesting = 1
    return (next.ticket, holder)
  }

  mutating func removeWaiters(where condition: (Waiter) -> Bool) -> [LeaseTicket] {
    let removed = waiters.filter(condition).map(\.ticket)
    waiters.removeAll(where: condition)
    return removed
  }
}
