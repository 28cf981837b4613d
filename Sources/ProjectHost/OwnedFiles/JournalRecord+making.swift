import Foundation

extension JournalRecord {
  static func intent(_ intent: Intent, _ number: Int, memory: [UInt8]?) -> JournalRecord {
    JournalRecord(kind: .intent, number: number, intent: intent, memory: memory.map { Data($0) })
  }

  static func done(_ number: Int) -> JournalRecord { JournalRecord(kind: .done, number: number) }

  static func aborted(_ number: Int) -> JournalRecord {
    JournalRecord(kind: .aborted, number: number)
  }

  static func outcome(_ outcome: Outcome) -> JournalRecord {
    JournalRecord(kind: .outcome, outcome: outcome)
  }

  static func memory(_ bytes: [UInt8]) -> JournalRecord {
    JournalRecord(kind: .memory, memory: Data(bytes))
  }
}
