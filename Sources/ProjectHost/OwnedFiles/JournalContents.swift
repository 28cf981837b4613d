/// What the lines of a journal say together.
struct JournalContents {
  /// An intent of which no line says how it ended.
  struct Unsettled {
    let number: Int
    let intent: JournalRecord.Intent
    let memory: [UInt8]?
    /// The next edit; `nil` for the last one.
    let following: JournalRecord.Intent?
  }

  private(set) var outcomes: [String: JournalRecord.Outcome] = [:]
  private(set) var memory: [UInt8]?
  private(set) var unsettled: [Unsettled] = []
  private(set) var highestNumber = 0
  private var open: [JournalRecord] = []

  init(_ records: [JournalRecord]) {
    for record in records { add(record) }
    for record in open {
      guard let number = record.number, let intent = record.intent else { continue }
      let next = records.first { $0.kind == .intent && ($0.number ?? 0) > number }
      unsettled.append(
        Unsettled(
          number: number,
          intent: intent,
          memory: record.memory.map { Array($0) },
          following: next?.intent
        )
      )
    }
  }

  private mutating func add(_ record: JournalRecord) {
    highestNumber = max(highestNumber, record.number ?? 0)
    switch record.kind {
    case .intent: open.append(record)
    case .done:
      guard let index = open.firstIndex(where: { $0.number == record.number }) else { return }
      settle(open.remove(at: index))
    case .aborted: open.removeAll { $0.number == record.number }
    case .outcome: if let outcome = record.outcome { outcomes[outcome.opID] = outcome }
    case .memory: memory = record.memory.map { Array($0) }
    }
  }

  private mutating func settle(_ record: JournalRecord) {
    if let outcome = record.intent?.outcome { outcomes[outcome.opID] = outcome }
    if let data = record.memory { memory = Array(data) }
  }

  /// Takes an unsettled edit for done.
  mutating func accept(_ edit: Unsettled) {
    outcomes[edit.intent.outcome.opID] = edit.intent.outcome
    if let bytes = edit.memory { memory = bytes }
  }
}
