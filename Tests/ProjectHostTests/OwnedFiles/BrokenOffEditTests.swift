import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

/// A program that is killed leaves the disk as it is at that moment: each test copies the disk
/// before every step of an edit, and starts on the copies.
@Suite struct BrokenOffEditTests {
  typealias Copy = (step: EditStep, bench: OwnedFileBench)

  enum Way: String, CaseIterable, Sendable {
    case usual
    case withoutExchange
    case newFile
    case foreignWrite
    case foreignWriteWithoutExchange
  }

  private static let original = "a=1\n"
  private static let foreign = "a=foreign\n"

  private func bench(_ way: Way) throws -> OwnedFileBench {
    way == .newFile
      ? try OwnedFileBench(.directory, holding: nil)
      : try OwnedFileBench(holding: Self.original)
  }

  /// Does an edit that counts, and copies the disk before each step.
  private func copies(_ way: Way, _ bench: OwnedFileBench) async throws -> (String, [Copy]) {
    let copies = Mutex<[Copy]>([])
    let failures = Mutex<[any Error]>([])
    let isWatching = Mutex(false)
    let hasWritten = Mutex(false)
    let file = try await bench.open(startingWith: Self.original) { step in
      guard isWatching.withLock({ $0 }) else { return 0 }
      do {
        let isForeign = way == .foreignWrite || way == .foreignWriteWithoutExchange
        if step == .exchange, isForeign, !hasWritten.withLock({ $0 }) {
          try bench.replace(Self.foreign)
          hasWritten.withLock { $0 = true }
        }
        let copy = try OwnedFileBench(copying: bench)
        copies.withLock { $0.append((step, copy)) }
      } catch {
        failures.withLock { $0.append(error) }
      }
      let isLimited = way == .withoutExchange || way == .foreignWriteWithoutExchange
      return step == .exchange && isLimited ? EINVAL : 0
    }
    let revision = try await file.state().revision
    isWatching.withLock { $0 = true }
    _ = try? await file.edit("one", .count("n"), at: revision)
    #expect(failures.withLock { $0.isEmpty })
    return (revision, copies.withLock { $0 })
  }

  @Test(arguments: [Way.usual, .withoutExchange, .newFile])
  func anEditIsDoneOnceWhereverItBreaksOff(way: Way) async throws {
    let (revision, copies) = try await copies(way, bench(way))
    #expect(Set(copies.map(\.step)).isSuperset(of: [.makeTemporary, .exchange, .closeJournal]))
    for (step, bench) in copies {
      try await checkOnce(step, bench, revision)
    }
  }

  /// The file is as before or as after the edit, and the repetition does it, or tells that it is done.
  private func checkOnce(_ step: EditStep, _ bench: OwnedFileBench, _ revision: String) async throws
  {
    let found = bench.text ?? Self.original
    #expect(["a=1\n", "a=1\nn=1\n"].contains(found), "\(step)")
    let file = try await bench.open(startingWith: Self.original)
    #expect(bench.leftovers == [], "\(step)")
    #expect(bench.parked == [], "\(step)")
    #expect((bench.text ?? Self.original) == found, "\(step)")
    let result = try await file.edit("one", .count("n"), at: revision)
    #expect(bench.text == "a=1\nn=1\n", "\(step)")
    #expect(await file.revision() == result.revision, "\(step)")
    let third = try await bench.open()
    #expect(try await third.edit("one", .count("n"), at: revision) == result, "\(step)")
    #expect(bench.text == "a=1\nn=1\n", "\(step)")
  }

  @Test(arguments: [Way.foreignWrite, .foreignWriteWithoutExchange])
  func whatOthersWroteMeanwhileStaysWhereverTheEditBreaksOff(way: Way) async throws {
    let bench = try bench(way)
    let (revision, copies) = try await copies(way, bench)
    #expect(bench.text == Self.foreign)
    #expect(bench.leftovers == [])
    #expect(Set(copies.map(\.step)).isSuperset(of: [.inspect, .giveBack, .removeTemporary]))
    let after = copies.drop { $0.step != .inspect }
    for (step, bench) in after {
      let file = try await bench.open()
      #expect(bench.text == Self.foreign, "\(step)")
      #expect(bench.leftovers == [], "\(step)")
      let problem = try await refusal { () async throws(ProblemDetails) in
        try await file.edit("one", .count("n"), at: revision)
      }
      #expect(problem.status == 412, "\(step)")
      #expect(bench.text == Self.foreign, "\(step)")
    }
  }

  @Test(arguments: [Way.usual, .newFile, .foreignWrite])
  func aStartThatIsKilledTooIsMadeUpForByTheNext(way: Way) async throws {
    let (revision, copies) = try await copies(way, bench(way))
    for (step, bench) in copies {
      let again = Mutex<[Copy]>([])
      _ = try await bench.open(startingWith: Self.original) { later in
        if let copy = try? OwnedFileBench(copying: bench) {
          again.withLock { $0.append((later, copy)) }
        }
        return 0
      }
      let copies = again.withLock { $0 }
      #expect(!copies.isEmpty, "\(step)")
      for (later, bench) in copies {
        if way == .foreignWrite {
          guard bench.text != Self.original else { continue }
          _ = try await bench.open()
          #expect(bench.text == Self.foreign, "\(step), \(later)")
        } else {
          try await checkOnce(later, bench, revision)
        }
      }
    }
  }

  @Test func whatOthersWroteAfterACrashStaysAndOursIsPutAside() async throws {
    let (revision, copies) = try await copies(.usual, bench(.usual))
    let beforeExchange = try #require(copies.first { $0.step == .exchange }).bench
    try beforeExchange.replace(Self.foreign)
    let file = try await beforeExchange.open()
    #expect(beforeExchange.text == Self.foreign)
    #expect(beforeExchange.parked == ["a=1\nn=1\n"])
    #expect(beforeExchange.leftovers == [])
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .count("n"), at: revision)
    }
    #expect(problem.status == 412)

    // Here it was in the file, and is known to have been.
    let done = try #require(copies.first { $0.step == .closeJournal }).bench
    try done.replace(Self.foreign)
    let again = try await done.open()
    #expect(try await again.edit("one", .count("n"), at: revision).changed == ["n"])
    #expect(done.text == Self.foreign)
  }

  @Test func verdictsKeepForeignBytes() {
    for target in InterruptedEdit.Found.allCases {
      for makesFile in [true, false] {
        let verdict = InterruptedEdit.verdict(
          target: target,
          temporary: .foreign,
          makesFile: makesFile
        )
        #expect(verdict == .park || verdict == .giveBack)
      }
    }
  }
}
