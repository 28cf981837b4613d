package import SyncProtocol

/// The locks of a served project.
package actor LockTable {
  private var book = LockBook()
  private let now: @Sendable () -> String
  private let newID: @Sendable () -> String

  /// - Parameters:
  ///   - now: the time as RFC 3339, UTC, with milliseconds.
  ///   - newID: an id that was never given before.
  package init(now: @escaping @Sendable () -> String, newID: @escaping @Sendable () -> String) {
    self.now = now
    self.newID = newID
  }

  /// Gives a lock; an owner that has it already gets the same record.
  ///
  /// - Throws: `bad-request` for a target that cannot exist, `locked` with the record in the way.
  package func lock(
    _ target: LockTarget,
    for owner: LockOwner
  ) throws(ProblemDetails) -> LockRecord {
    try book.lock(target, for: owner, id: newID(), since: now())
  }

  /// Ends a lock of the session's own.
  ///
  /// - Throws: `not-found` for an id that is not held, `locked` for another session's lock.
  package func unlock(id: String, by session: String) throws(ProblemDetails) {
    try book.unlock(id: id, by: session)
  }

  /// Ends every lock of a session that is gone.
  package func release(session: String) { book.release(session: session) }

  /// The locks in the order in which they were given.
  package func list() -> LockList { LockList(locks: book.records) }
}
