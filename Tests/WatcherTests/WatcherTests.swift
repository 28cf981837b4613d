import Foundation
import Testing
import Watcher

/// In minutes; a long fuzz run is somebody's wish.
private let longestTest = ProcessInfo.processInfo.environment["SYNCD_FUZZ_OPS"] == nil ? 3 : 1_440

/// Everything that runs a watcher: there can be only one at a time.
@Suite("Watcher", .serialized, .timeLimit(.minutes(longestTest)))
struct WatcherTests {
  @Test("One clean save comes as one change of one file")
  func singleSave() async throws {
    let tree = TestTree()
    try await Session.run(tree) { session in
      await session.atOnce { Disk.write(tree.path("a.4dm"), "one") }
      let batch = try await session.watcher.nextBatch()
      #expect(batch.lines == ["changed a.4dm"])
      #expect(batch.sequence == 1)
      try await session.expectBarrier(1)
    }
  }
}
