internal import Synchronization

/// Hands out files to read: the large ones first and alone, the small ones in batches of
/// neighbours, so that all tasks end at about the same time.
final class JobQueue: Sendable {
  private static let large: UInt64 = 1 << 20
  private static let batchSize: UInt64 = 256 << 10
  private static let batchCount = 64

  let jobs: [ReadJob]
  let totalBytes: UInt64
  private let batches: [[Int]]
  private let next = Atomic<Int>(0)

  init(_ jobs: [ReadJob]) {
    self.jobs = jobs
    totalBytes = jobs.reduce(0) { $0 &+ $1.size }
    let large = jobs.indices.filter { jobs[$0].size >= Self.large }
      .sorted { jobs[$0].size > jobs[$1].size }
    var batches = large.map { [$0] }
    var batch: [Int] = []
    var size: UInt64 = 0
    for index in jobs.indices where jobs[index].size < Self.large {
      batch.append(index)
      size += jobs[index].size
      if size >= Self.batchSize || batch.count >= Self.batchCount {
        batches.append(batch)
        batch = []
        size = 0
      }
    }
    if !batch.isEmpty { batches.append(batch) }
    self.batches = batches
  }

  var batchCount: Int { batches.count }

  /// The indices of the next jobs; `nil` when all are taken.
  func take() -> [Int]? {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < batches.count ? batches[index] : nil
  }
}
