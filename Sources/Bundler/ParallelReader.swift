internal import Glibc
internal import ProjectModel
internal import Synchronization

/// Reads and packs many files on all cores; the results are in the order of the jobs, whichever
/// task did them.
struct ParallelReader: Sendable {
  let root: Descriptor
  let options: BundleOptions
  let inspector: (any MemberInspector)?
  let scratch: String
  let progress: (@Sendable (BuildProgress) -> Void)?

  func outcomes(of jobs: [ReadJob]) async -> [ReadOutcome] {
    let queue = JobQueue(jobs)
    let meter = ProgressMeter(files: jobs.count, bytes: queue.totalBytes, report: progress)
    let tasks = max(1, min(queue.batchCount, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    var outcomes = [ReadOutcome](repeating: .unstable, count: jobs.count)
    await withTaskGroup(of: [(Int, ReadOutcome)].self) { group in
      for _ in 0..<tasks { group.addTask { work(queue, meter) } }
      for await done in group {
        for (index, outcome) in done { outcomes[index] = outcome }
      }
    }
    return outcomes
  }

  private func work(_ queue: JobQueue, _ meter: ProgressMeter) -> [(Int, ReadOutcome)] {
    let packer = FilePacker(
      root: root,
      options: options,
      inspector: inspector,
      sink: RecordSink(folder: scratch, keepsSmallInMemory: false)
    )
    var done: [(Int, ReadOutcome)] = []
    while let batch = queue.take() {
      if Task.isCancelled {
        done += batch.map { ($0, .failed(BundleError(.cancelled, "the build was cancelled"))) }
        continue
      }
      for index in batch { done.append((index, packer.outcome(of: queue.jobs[index]))) }
      meter.add(files: batch.count, bytes: batch.reduce(0) { $0 &+ queue.jobs[$1].size })
    }
    do throws(BundleError) {
      try packer.flush()
      return done
    } catch {
      return done.map { ($0.0, .failed(error)) }
    }
  }
}

/// Adds up what the tasks did.
private final class ProgressMeter: Sendable {
  private let files: Int
  private let bytes: UInt64
  private let report: (@Sendable (BuildProgress) -> Void)?
  private let done = Mutex<(files: Int, bytes: UInt64)>((0, 0))

  init(files: Int, bytes: UInt64, report: (@Sendable (BuildProgress) -> Void)?) {
    self.files = files
    self.bytes = bytes
    self.report = report
  }

  func add(files more: Int, bytes moreBytes: UInt64) {
    guard let report else { return }
    // Inside the lock, so that reports come in order.
    done.withLock { done in
      done.files += more
      done.bytes &+= moreBytes
      report(
        BuildProgress(
          files: done.files,
          totalFiles: files,
          bytes: done.bytes,
          totalBytes: bytes
        )
      )
    }
  }
}
