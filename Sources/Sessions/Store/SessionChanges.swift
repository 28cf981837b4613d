/// Which sessions a store has not been told of.
struct SessionChanges: Sendable {
  /// Whether sessions are kept; otherwise only their end counts, for what else was kept of them.
  let keeps: Bool
  private(set) var changed: Set<SessionID> = []
  private(set) var ended: Set<SessionID> = []
  private(set) var hasPasscodes = false

  var isEmpty: Bool { changed.isEmpty && ended.isEmpty && !hasPasscodes }

  /// The sessions that end with the server are nobody's to keep.
  mutating func changed(_ entry: SessionEntry) {
    guard keeps, entry.kind == .remote || entry.kind == .web else { return }
    changed.insert(entry.session.id)
  }

  mutating func ended(_ entry: SessionEntry) {
    changed.remove(entry.session.id)
    ended.insert(entry.session.id)
  }

  /// A passcode was made, which a store may keep.
  mutating func passcodesChanged() { hasPasscodes = keeps }

  /// Takes so many changed sessions, and everything else.
  mutating func take(most: Int) -> SessionChanges {
    var taken = SessionChanges(keeps: keeps)
    taken.changed = changed.count <= most ? changed : Set(changed.prefix(most))
    taken.ended = ended
    taken.hasPasscodes = hasPasscodes
    changed.subtract(taken.changed)
    ended = []
    hasPasscodes = false
    return taken
  }

  /// Puts back what could not be told.
  mutating func merge(_ other: SessionChanges) {
    changed.formUnion(other.changed.subtracting(ended))
    ended.formUnion(other.ended)
    hasPasscodes = hasPasscodes || other.hasPasscodes
  }
}
