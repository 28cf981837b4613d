import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

@Suite struct EditAnswerTests {
  @Test func anEditIsInTheFileAndToldOnce() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let before = try await file.state()
    let result = try await file.edit("one", .set("a", "9"), .set("c", "3"))
    #expect(bench.text == "a=9\nb=2\nc=3\n")
    #expect(result.changed == ["a", "c"])
    #expect(result.revision != before.revision)
    let after = try await file.state()
    #expect(after.revision == result.revision)
    #expect(after.content.lines["a"] == "9")
    #expect(after.path == "Project/Sources/catalog.4DCatalog")
    let change = RevisionChange(
      revision: result.revision,
      since: before.revision,
      changed: ["a", "c"]
    )
    #expect(bench.changes.withLock { $0 } == [change])
    #expect(bench.leftovers == [])
  }

  @Test func aRepetitionGetsTheFirstAnswerAlsoAfterARestartAndWithAStaleRevision() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let first = try await file.edit("one", .count("n"), at: start)
    #expect(try await file.edit("one", .count("n"), at: start) == first)
    try await file.edit("two", .set("b", "5"))
    #expect(try await file.edit("one", .count("n"), at: start) == first)
    let again = try await bench.open()
    #expect(try await again.edit("one", .count("n"), at: start) == first)
    #expect(bench.text == "a=1\nb=5\nn=1\n")
  }

  @Test func anAnswerIsKeptForADay() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let first = try await file.edit("one", .count("n"), at: start)
    bench.time.withLock { $0 += 24 * 3_600_000 - 1 }
    #expect(try await bench.open().edit("one", .count("n"), at: start) == first)
    bench.time.withLock { $0 += 1 }
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .count("n"), at: start)
    }
    #expect(problem.problemType == .revisionMismatch)
  }

  @Test func anIDThatWasUsedForOtherOperationsIsRefused() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    try await file.edit("one", .set("a", "2"))
    let again = try await bench.open()
    for file in [file, again] {
      let problem = try await refusal { () async throws(ProblemDetails) in
        try await file.edit("one", .set("a", "3"))
      }
      #expect(problem.status == 409)
      #expect(problem.reason == .opIDReused)
    }
    #expect(bench.text == "a=2\nb=2\n")
  }

  @Test(arguments: ["", "a b", "ü", String(repeating: "x", count: 65)])
  func anIDOfOtherCharactersIsRefused(id: String) async throws {
    let file = try await OwnedFileBench().open()
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit(id, .count("n"), at: "r")
    }
    #expect(problem.status == 400)
  }

  @Test func noneOrTooManyOperationsAreRefused() async throws {
    let file = try await OwnedFileBench().open()
    for count in [0, 10_001] {
      let operations = [LinesDocument.Operation](repeating: .count("n"), count: count)
      let problem = try await refusal { () async throws(ProblemDetails) in
        try await file.apply(
          LinesEdit(opID: "x", operations: operations),
          to: "r",
          isLenient: false,
          author: "test"
        )
      }
      #expect(problem.status == 400)
    }
  }

  @Test func aNewDirectoryIsForThisAccountAlone() async throws {
    for (kind, others) in [(OwnedFileKind.directory, 0), (.catalog, 0o044)] {
      let bench = try OwnedFileBench(kind, holding: nil)
      try FileManager.default.createDirectory(
        at: bench.file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      let file = try await bench.open(startingWith: "a=1\n")
      try await file.edit("one", .set("a", "2"))
      let attributes = try FileManager.default.attributesOfItem(atPath: bench.path)
      let mode = try #require(attributes[.posixPermissions] as? Int)
      #expect(mode & 0o600 == 0o600 && mode & 0o044 == others, "\(kind) \(mode)")
    }
  }

  @Test func anEditWithoutARevisionIsRefused() async throws {
    let file = try await OwnedFileBench().open()
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.apply(
        LinesEdit(opID: "x", operations: [.count("n")]),
        to: nil,
        isLenient: true,
        author: "test"
      )
    }
    #expect(problem.status == 428)
  }

  @Test func aStaleEditIsRefusedWithWhatBothChanged() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let now = try await file.edit("one", .set("a", "2"), .set("c", "3"))
    for isLenient in [false, true] {
      let problem = try await refusal { () async throws(ProblemDetails) in
        try await file.edit("two", .set("a", "4"), .set("b", "4"), at: start, lenient: isLenient)
      }
      #expect(problem.status == 412)
      #expect(problem.revision == now.revision)
      #expect(problem.conflicts == ["a"])
    }
    #expect(bench.text == "a=2\nb=2\nc=3\n")
  }

  @Test func aLenientEditMayBeStaleWhereNothingOfItsHasChanged() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    for number in 1...63 { try await file.edit("e\(number)", .count("n")) }
    try await file.edit("late", .set("b", "late"), at: start, lenient: true)
    #expect(bench.text == "a=1\nb=late\nn=63\n")
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("too-late", .set("a", "late"), at: start, lenient: true)
    }
    #expect(problem.status == 412)
    #expect(problem.conflicts == nil)
  }

  @Test func aBrokenRuleRefusesTheWholeEdit() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("a", "2"), .remove("none"))
    }
    #expect(problem.status == 422)
    #expect(problem.problems?.map(\.rule) == ["no-key"])
    #expect(bench.text == "a=1\nb=2\n")
    // A refusal is not an outcome: the id can be used for something that can be done.
    try await file.edit("one", .set("a", "2"))
  }

  @Test func aDryRunSaysWhatWouldChangeAndChangesNothing() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let result = try await file.edit("one", .set("odd", "1"), .set("a", "2"), dryRun: true)
    #expect(result.diff == "a,odd")
    #expect(result.revision == start)
    #expect(result.problems.map(\.rule) == ["odd"])
    #expect(bench.text == "a=1\nb=2\n")
    #expect(bench.changes.withLock { $0 } == [])
    let real = try await file.edit("one", .count("n"))
    #expect(real.diff == nil)
  }

  @Test func anEditThatChangesNothingKeepsTheRevisionAndItsAnswer() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    let result = try await file.edit("same", .set("a", "1"), at: start)
    #expect(result.revision == start)
    #expect(result.changed == [])
    try await file.edit("other", .set("a", "7"))
    let again = try await bench.open()
    #expect(try await again.edit("same", .set("a", "1"), at: start) == result)
    #expect(bench.text == "a=7\nb=2\n")
  }

  @Test func editsOfManyAtOnceAreAllDone() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<40 {
        group.addTask {
          try await file.edit("e\(number)", .set("k\(number)", "1"), at: start, lenient: true)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await file.state().content.lines.count == 42)
    let changes = bench.changes.withLock { $0 }
    #expect(changes.count == 40)
    #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.revision == $1.since })
  }

  @Test func whatIsRememberedSurvivesARestartAndOthersEdits() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    try await file.edit("one", .add, .add)
    try await file.edit("two", .remove("id2"))
    try bench.replace("a=1\nid7=x\n")
    await file.lookAgain()
    try bench.replace("a=1\n")
    let again = try await bench.open()
    try await again.edit("three", .add)
    #expect(bench.text == "a=1\nid8=new\n")
  }
}
