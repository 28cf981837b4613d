import Foundation
import Testing
import Watcher

extension WatcherTests {
  static let measures = ProcessInfo.processInfo.environment["SYNCD_MEASURE"] != nil

  @Test("Measured: start on 11,000 files, save to batch, barrier", .enabled(if: measures))
  func measure() async throws {
    let tree = TestTree()
    for folder in 0..<1_000 {
      Disk.folders(tree.path("Project/d\(folder / 100)/e\(folder)"))
      for file in 0..<11 {
        Disk.write(tree.path("Project/d\(folder / 100)/e\(folder)/f\(file)"), "x")
      }
    }
    for _ in 0..<3 {
      let start = ContinuousClock.now
      try await Session.run(tree) { session in
        let ready = start.duration(to: .now)
        var saves: [Duration] = []
        var barriers: [Duration] = []
        for round in 0..<300 {
          await paced(1, every: 20) { _ in }
          Disk.write(tree.path("Project/d1/e17\(round % 10)/f3"), "\(round)")
          let saved = ContinuousClock.now
          _ = try await session.watcher.nextBatch()
          saves.append(saved.duration(to: .now))
          let asked = ContinuousClock.now
          _ = try await session.barrier()
          barriers.append(asked.duration(to: .now))
        }
        saves.sort()
        barriers.sort()
        print(
          "measured: ready \(ready), save p50 \(saves[150]) p99 \(saves[297]), "
            + "barrier p50 \(barriers[150]) p99 \(barriers[297])"
        )
      }
    }
  }
}
