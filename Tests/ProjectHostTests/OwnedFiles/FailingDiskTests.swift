import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

@Suite struct FailingDiskTests {
  /// Fails the named step so often.
  final class Fault: Sendable {
    private let left: Mutex<Int>
    let step: EditStep
    let number: Int32

    init(_ step: EditStep, _ number: Int32 = ENOSPC, times: Int = 1) {
      self.step = step
      self.number = number
      left = Mutex(times)
    }

    var hook: EditStepHook {
      { step in
        guard step == self.step else { return 0 }
        return self.left.withLock { left in
          left -= 1
          return left >= 0 ? self.number : 0
        }
      }
    }
  }

  @Test(
    arguments: [
      EditStep.makeTemporary, .syncTemporary, .writeJournal, .lookForGit, .exchange, .inspect,
      .lookForGitAgain, .syncFolder,
    ],
    [ENOSPC, EIO, EROFS]
  )
  func aFailedEditChangesNothingAndTheNextOneWorks(step: EditStep, number: Int32) async throws {
    let bench = try OwnedFileBench()
    let fault = Fault(step, number)
    let file = try await bench.open(steps: fault.hook)
    let start = try await file.state().revision
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .count("n"), at: start)
    }
    #expect(problem.problemType == .internalError)
    #expect(problem.detail.contains(String(cString: strerror(number))))
    #expect(problem.detail.contains("catalog"))
    #expect(bench.text == "a=1\nb=2\n")
    #expect(bench.leftovers == [])
    #expect(bench.changes.withLock { $0 } == [])
    try await file.edit("one", .count("n"), at: start)
    #expect(bench.text == "a=1\nb=2\nn=1\n")
    let again = try await bench.open()
    _ = try await again.edit("one", .count("n"), at: start)
    #expect(bench.text == "a=1\nb=2\nn=1\n")
  }

  @Test(arguments: [EditStep.removeDisplaced, .closeJournal, .compactJournal])
  func whatFailsAfterTheEditIsDoneIsMadeUpFor(step: EditStep) async throws {
    let bench = try OwnedFileBench()
    // The first compaction belongs to the start.
    let file = try await bench.open(
      journalBound: 1,
      steps: Fault(step, times: step == .compactJournal ? 2 : 1).hook
    )
    let start = try await file.state().revision
    let result = try await file.edit("one", .count("n"), at: start)
    #expect(bench.text == "a=1\nb=2\nn=1\n")
    try bench.replace("a=later\n")
    let again = try await bench.open()
    #expect(try await again.edit("one", .count("n"), at: start) == result)
    #expect(bench.text == "a=later\n")
    #expect(bench.leftovers == [])
    #expect(bench.parked == [])
  }

  @Test func aFailureWhileGivingUpLosesNothing() async throws {
    for step in [EditStep.giveBack, .journalGivenUp, .removeTemporary] {
      let bench = try OwnedFileBench()
      let fault = Fault(step, EIO)
      let hasWritten = Mutex(false)
      let file = try await bench.open { asked in
        if asked == .exchange, !hasWritten.withLock({ $0 }) {
          hasWritten.withLock { $0 = true }
          try? bench.replace("a=foreign\n")
        }
        return fault.hook(asked)
      }
      let start = try await file.state().revision
      _ = try await refusal { () async throws(ProblemDetails) in
        try await file.edit("one", .count("n"), at: start)
      }
      _ = try await bench.open()
      #expect(bench.text == "a=foreign\n", "\(step)")
      #expect(bench.leftovers == [], "\(step)")
    }
  }

  @Test func aFileSystemWithoutExchangeTakesEditsAllTheSame() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open(steps: Fault(.exchange, EINVAL, times: 100).hook)
    try await file.edit("one", .count("n"))
    try await file.edit("two", .count("n"))
    #expect(bench.text == "a=1\nb=2\nn=2\n")
    #expect(bench.leftovers == [])
  }

  @Test func aStateFolderThatCannotBeWrittenIsNamed() async throws {
    let bench = try OwnedFileBench()
    try bench.folder.write("", to: "state/journal")
    do {
      _ = try await bench.open()
      Issue.record("the file was opened")
    } catch let error as HostError {
      #expect(error.message.contains(bench.state))
    }
  }
}
