/// Which sessions a store has not been told of.
struct SessionChanges: Sendable {
  private(set) var changed: Set<SessionID> = []
  private(set) var ended: Set<SessionID> = []

  /// The sessions that end with the server are nobody's to keep.
  mutating func changed(_ entry: SessionEntry) {
    guard entry.kind == .remote || entry.kind == .web else { return }
    changed.insert(entry.session.id)
  }

  mutating func ended(_ entry: SessionEntry) {
    changed.remove(entry.session.id)
    ended.insert(entry.session.id)
  }

  /// Puts back what could not be told.
  mutating func merge(_ other: SessionChanges) {
    changed.formUnion(other.changed.subtracting(ended))
    ended.formUnion(other.ended)
  }
}
