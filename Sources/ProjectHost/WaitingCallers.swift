import SyncProtocol

/// The callers who wait for a reload, each for one that began after its barrier.
struct WaitingCallers {
  typealias Continuation = CheckedContinuation<ReloadAnswer, Never>

  struct Caller {
    /// The batch that has to be in the reload.
    let sequence: UInt64
    let reason: ReloadReason
    /// What it was asked for, for the notice.
    let cause: String?
    let began: ContinuousClock.Instant
    let durability: BarrierRequest.Durability
  }

  private var waiting: [Int: (caller: Caller, continuation: Continuation)] = [:]
  private var nextKey = 0

  /// A key for a caller who is about to wait.
  mutating func newKey() -> Int {
    defer { nextKey += 1 }
    return nextKey
  }

  mutating func add(_ caller: Caller, as key: Int, _ continuation: Continuation) {
    waiting[key] = (caller, continuation)
  }

  /// Whom a reload answers that holds the batches up to `sequence`; they stay until removed.
  func answered(by sequence: UInt64) -> [(key: Int, caller: Caller)] {
    waiting.filter { $0.value.caller.sequence <= sequence }.map { ($0.key, $0.value.caller) }
  }

  /// Removes a caller; `nil` when it was answered already.
  mutating func remove(_ key: Int) -> (caller: Caller, continuation: Continuation)? {
    waiting.removeValue(forKey: key)
  }

  var keys: [Int] { Array(waiting.keys) }
}
