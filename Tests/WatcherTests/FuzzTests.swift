import Foundation
import Testing
import Watcher

extension WatcherTests {
  /// What makes a fuzz run different from the others.
  enum FuzzMode: CaseIterable {
    /// Hard links, too, and rescans where they demand them.
    case hardLinks
    /// No hard links and no rescans, which might hide a loss.
    case eventsOnly
    /// The watching thread is held up now and then, so that the kernel's queue overflows.
    case stalls
  }

  @Test(
    "Whatever several writers do, the consumer's picture equals the disk at every barrier",
    arguments: FuzzMode.allCases
  )
  func fuzz(mode: FuzzMode) async throws {
    let environment = ProcessInfo.processInfo.environment
    let total = environment["SYNCD_FUZZ_OPS"].flatMap { Int($0) } ?? 20_000
    let seed =
      environment["SYNCD_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
    print("fuzz \(mode): SYNCD_FUZZ_SEED=\(seed) SYNCD_FUZZ_OPS=\(total)")
    let tree = TestTree()
    var settings = WatchSettings.unhurried
    settings.distrustsUnseenWrites = mode != .eventsOnly
    try await Session.consume(tree, filter: EverythingFilter(), settings: settings) {
      session,
      consumer in
      var random = SeededGenerator(seed: seed)
      var done = 0
      var barriers = 0
      while done < total {
        let stalls = mode == .stalls && Bool.random(using: &random)
        if stalls { await session.hold() }
        let threads = Int.random(in: 2...4, using: &random)
        let longest = stalls && barriers % 3 == 2 ? max(300, min(40_000, total / 8)) : 300
        let steps = Int.random(in: 20...longest, using: &random)
        await withTaskGroup(of: Void.self) { group in
          for thread in 0..<threads {
            let seed = random.next()
            let label = "\(barriers).\(thread):"
            group.addTask {
              await onThread {
                var fuzzer = Fuzzer(tree, seed: seed, label: label, links: mode != .eventsOnly)
                for _ in 0..<steps { fuzzer.step() }
              }
            }
          }
          await group.waitForAll()
        }
        session.gate.open()
        done += threads * steps
        barriers += 1
        let differences = try await session.differences(consumer)
        try #require(differences == [], "seed \(seed), after \(done) operations")
      }
      let report = session.watcher.report()
      print("fuzz \(mode): \(done) operations, \(barriers) barriers, no difference; \(report)")
    }
  }
}

/// Nothing is noise.
struct EverythingFilter: WatchFilter {
  func watches(directory path: [UInt8]) -> Bool { true }
  func reports(file path: [UInt8]) -> Bool { true }
}
