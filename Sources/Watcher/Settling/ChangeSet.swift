/// Changes by path, at most `limit` of them: beyond that a subtree is in doubt instead.
package struct ChangeSet {
  package struct Entry {
    package var kind: Change.Kind
    package var evidence: WriteEvidence
    /// Rises with every change of the entry.
    package var revision: UInt64
  }

  package private(set) var entries: [RawPath: Entry] = [:]
  // Kept apart so that the search for one above a path costs nothing as long as there is none.
  package private(set) var doubts: Set<RawPath> = []
  private let limit: Int
  private var revision: UInt64 = 0

  package init(limit: Int) {
    self.limit = limit
  }

  package var isEmpty: Bool { entries.isEmpty }
  package var count: Int { entries.count }

  /// Whether the path, or a doubt about a folder above it, is in the set.
  package func covers(_ path: RawPath) -> Bool {
    entries[path] != nil || isInDoubt(path)
  }

  package mutating func insert(_ path: RawPath, kind: Change.Kind, evidence: WriteEvidence) {
    guard !isInDoubt(path) else { return }
    revision += 1
    guard kind != .subtreeInDoubt else { return doubt(path) }
    // Evidence that says nothing does not unsay what is known.
    let earlier = entries[path]
    let known = earlier?.kind == kind && evidence == .none ? earlier?.evidence : nil
    entries[path] = Entry(kind: kind, evidence: known ?? evidence, revision: revision)
    if entries.count > limit { doubt(commonAncestor()) }
  }

  package mutating func merge(_ other: ChangeSet) {
    for (path, entry) in other.entries {
      insert(path, kind: entry.kind, evidence: entry.evidence)
    }
  }

  package mutating func remove(_ path: RawPath) -> Entry? {
    doubts.remove(path)
    return entries.removeValue(forKey: path)
  }

  /// As they are handed out: what lies below a folder that is gone is gone with it.
  package func sorted() -> [Change] {
    let gone = Set(entries.lazy.filter { $0.value.kind == .gone }.map(\.key))
    var changes: [Change] = []
    changes.reserveCapacity(entries.count)
    for (path, entry) in entries {
      if !gone.isEmpty, path.ancestors.contains(where: gone.contains) { continue }
      changes.append(Change(path: path.bytes, kind: entry.kind))
    }
    changes.sort { $0.path.lexicographicallyPrecedes($1.path) }
    return changes
  }

  private func isInDoubt(_ path: RawPath) -> Bool {
    guard !doubts.isEmpty else { return false }
    return doubts.contains(path) || path.ancestors.contains(where: doubts.contains)
  }

  private mutating func doubt(_ path: RawPath) {
    entries = entries.filter { $0.key != path && !$0.key.ancestors.contains(path) }
    doubts = doubts.filter { entries[$0] != nil }
    doubts.insert(path)
    entries[path] = Entry(kind: .subtreeInDoubt, evidence: .closed, revision: revision)
  }

  private func commonAncestor() -> RawPath {
    guard var common = entries.keys.first?.ancestors.first(where: { _ in true })?.bytes else {
      return .root
    }
    for path in entries.keys {
      // A path that is itself the common part stands for a folder whose parent is common to all.
      while !common.isEmpty,
        !(path.bytes.count > common.count && path.bytes.starts(with: common)
          && path.bytes[common.count] == RawPath.separator)
      {
        common.removeSubrange((common.lastIndex(of: RawPath.separator) ?? 0)...)
      }
    }
    return RawPath(common)
  }
}
