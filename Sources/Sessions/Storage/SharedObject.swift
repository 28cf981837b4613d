package import ProjectModel

/// The storage of a session: one object for all its processes (4d-domain §9.2).
package struct SharedObject: Hashable, Sendable {
  /// What a storage may hold.
  package struct Limits: Hashable, Sendable {
    /// Bytes of the storage as JSON on one line.
    package let bytes: Int
    /// Objects and arrays inside each other, the storage itself included.
    package let depth: Int

    package init(bytes: Int = 65_536, depth: Int = 32) {
      self.bytes = bytes
      self.depth = depth
    }
  }

  package private(set) var value: JSONObject
  /// Counts the changes, from 0 for a new storage.
  package private(set) var revision: UInt64

  package init(value: JSONObject = JSONObject(), revision: UInt64 = 0) {
    self.value = value
    self.revision = revision
  }

  /// Applies a merge patch; one that changes nothing leaves the revision as it is.
  ///
  /// - Returns: whether something changed.
  mutating func apply(
    _ patch: JSONValue,
    expecting revision: UInt64?,
    within limits: Limits
  ) throws(SessionRefusal) -> Bool {
    if let revision, revision != self.revision {
      throw .revisionMismatch(current: self.revision)
    }
    guard let changes = patch.object else { throw .storageNotAnObject }
    // A result is no deeper than the deeper of both, and merging goes as deep as the patch.
    guard changes.depth <= limits.depth else { throw .storageTooDeep(limit: limits.depth) }
    let result = value.merged(with: changes)
    guard result != value else { return false }
    guard result.bytes.count <= limits.bytes else { throw .storageTooLarge(limit: limits.bytes) }
    value = result
    self.revision += 1
    return true
  }

  package static func == (left: SharedObject, right: SharedObject) -> Bool {
    left.revision == right.revision && left.value == right.value
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(revision) }
}

/// Which storage of a session is meant.
package enum StorageSide: Hashable, Sendable {
  /// The one that server-side code and shared web sessions see.
  case server
  /// The client's own, with the semantics of 21 R3.
  case client
}

/// A storage of a session.
package struct StorageKey: Hashable, Sendable {
  package let session: SessionID
  package let side: StorageSide

  package init(session: SessionID, side: StorageSide = .server) {
    self.session = session
    self.side = side
  }
}
