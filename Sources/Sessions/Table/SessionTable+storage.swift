package import ProjectModel

extension SessionTable {
  package func storage(_ key: StorageKey, at now: Instant) throws(SessionRefusal) -> SharedObject {
    guard let entry = live(key.session, at: now) else { throw .unknownSession }
    return entry[key.side]
  }

  /// Applies a merge patch to a storage: to the given revision or whatever it is, and under the
  /// given lease or while nobody uses it.
  ///
  /// - Returns: the storage as it is now, and whether it has changed.
  package mutating func patch(
    _ key: StorageKey,
    with patch: JSONValue,
    expecting revision: UInt64?,
    lease: UInt64?,
    at now: Instant
  ) throws(SessionRefusal) -> (storage: SharedObject, hasChanged: Bool) {
    guard let entry = live(key.session, at: now) else { throw .unknownSession }
    try leases.check(lease, on: key, at: now)
    var storage = entry[key.side]
    let hasChanged = try storage.apply(patch, expecting: revision, within: limits.storage)
    if hasChanged {
      entries[key.session]?[key.side] = storage
      changes?.changed(entry)
    }
    return (storage, hasChanged)
  }

  mutating func useStorage(
    _ key: StorageKey,
    by process: ProcessReference,
    during duration: Duration,
    waits: Bool,
    at now: Instant
  ) throws(SessionRefusal) -> LeaseBook.Answer {
    guard live(key.session, at: now) != nil else { throw .unknownSession }
    guard has(process, at: now) else { throw .unknownProcess }
    return try leases.take(key, for: process, during: duration, waits: waits, at: now)
  }
}
