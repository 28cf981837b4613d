/// The last revisions of a file, with the names of what changed from each to the next.
struct RevisionHistory: Sendable {
  static let mostKnown = 64
  /// With more, everything counts as changed.
  private static let mostElements = 10_000

  private var entries: [(revision: String, toNext: Set<String>?)] = []

  /// A new revision.
  ///
  /// - Parameter changed: what differs from the one before; `nil` when that is not known.
  mutating func add(_ revision: String, changed: Set<String>?) {
    if let last = entries.indices.last {
      entries[last].toNext = changed.flatMap { $0.count > Self.mostElements ? nil : $0 }
    }
    entries.append((revision, nil))
    if entries.count > Self.mostKnown { entries.removeFirst() }
  }

  /// What changed since a revision; `nil` when the revision is not known any more, or what changed.
  func changed(since revision: String) -> Set<String>? {
    guard let start = entries.lastIndex(where: { $0.revision == revision }) else { return nil }
    var changed: Set<String> = []
    for entry in entries[start...].dropLast() {
      guard let next = entry.toNext else { return nil }
      changed.formUnion(next)
    }
    return changed
  }
}
