import Sessions

/// A store that outlives the sessions of a test, and fails when it is told to.
actor MemoryStore: SessionStore {
  struct Full: Error {}

  private(set) var records: [SessionID: SessionRecord] = [:]
  private(set) var saves = 0
  private var isFull = false

  func fill(_ isFull: Bool) { self.isFull = isFull }

  func load() -> [SessionRecord] { Array(records.values) }

  func save(_ records: [SessionRecord], ended: [SessionID]) throws {
    guard !isFull else { throw Full() }
    saves += 1
    for record in records { self.records[record.session.id] = record }
    for id in ended { self.records[id] = nil }
  }
}
