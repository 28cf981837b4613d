import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

/// Others write while edits run: what they write is never lost unseen.
@Suite(.serialized) struct SimultaneousWriterTests {
  enum Style: String, CaseIterable, Sendable {
    case inPlace
    case byRename
    case asGit
  }

  /// Writes `w=1`, `w=2` … from a thread of its own.
  private final class Writer: Sendable {
    let finished = Atomic<Int>(0)
    let isDone = Atomic<Bool>(false)
    /// How often an edit was tried, done or refused.
    let attempts = Atomic<Int>(0)

    func start(_ style: Style, _ path: String, times: Int) {
      let thread = Thread {
        for number in 1...times {
          Self.write(Array("w=\(number)\nx=\(number)\n".utf8), style, path)
          self.finished.store(number, ordering: .sequentiallyConsistent)
          self.pause(number)
        }
        self.isDone.store(true, ordering: .sequentiallyConsistent)
      }
      thread.start()
    }

    /// Lets a few edits pass, then hits the next one at another point each time.
    private func pause(_ number: Int) {
      let next = attempts.load(ordering: .relaxed) + number % 4
      while attempts.load(ordering: .relaxed) < next { sched_yield() }
      for _ in 0..<(number * 7919 % 20_000) { _ = attempts.load(ordering: .relaxed) }
    }

    private static func write(_ bytes: [UInt8], _ style: Style, _ path: String) {
      let aside = path + ".writer~"
      switch style {
      case .inPlace: put(bytes, path, O_WRONLY | O_TRUNC)
      case .byRename:
        put(bytes, aside, O_WRONLY | O_CREAT | O_TRUNC)
        rename(aside, path)
      case .asGit:
        unlink(path)
        put(bytes, path, O_WRONLY | O_CREAT | O_EXCL)
      }
    }

    /// In two parts, so that there is something half-written.
    private static func put(_ bytes: [UInt8], _ path: String, _ flags: Int32) {
      let file = open(path, flags, 0o644)
      guard file >= 0 else {
        Issue.record("the writer cannot open the file: \(errno)")
        return
      }
      for part in [bytes.prefix(5), bytes.dropFirst(5)] {
        _ = Array(part).withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        sched_yield()
      }
      close(file)
    }
  }

  @Test(.timeLimit(.minutes(3)), arguments: Style.allCases)
  func nothingThatOthersWriteIsLost(style: Style) async throws {
    let times = 150
    let bench = try OwnedFileBench(holding: "w=0\n")
    let file = try await bench.open()
    let writer = Writer()
    writer.start(style, bench.path, times: times)
    var done = 0
    var refused = 0
    while !writer.isDone.load(ordering: .sequentiallyConsistent) {
      let written = writer.finished.load(ordering: .sequentiallyConsistent)
      defer { writer.attempts.add(1, ordering: .relaxed) }
      do throws(ProblemDetails) {
        try await file.edit("e\(done)-\(refused)", .set("e", "\(done)"), lenient: true)
        done += 1
        let latest = bench.documents.withLock { $0.last?.lines["w"] }
        #expect(latest.flatMap { Int($0) } ?? -1 >= written)
      } catch {
        refused += 1
        let isExpected = [.revisionMismatch, .conflict, .notFound].contains(error.problemType)
        #expect(isExpected, "\(error)")
      }
    }
    let last = try await file.edit("last", .set("e", "last"), lenient: true)
    #expect(bench.text == "e=last\nw=\(times)\nx=\(times)\n")
    #expect(await file.revision() == last.revision)
    let seen = bench.documents.withLock { $0.compactMap { $0.lines["w"].flatMap { Int($0) } } }
    #expect(seen == seen.sorted(), "a write went back")
    #expect(bench.leftovers == [])
  }

  @Test(.timeLimit(.minutes(3)))
  func aWriterThatHasItOpenAtTheExchangeKeepsTheFile() async throws {
    let bench = try OwnedFileBench(holding: "w=0\n")
    let writer = Mutex<FileHandle?>(nil)
    let file = try await bench.open(patience: .milliseconds(50)) { step in
      writer.withLock { handle in
        if step == .exchange, handle == nil { handle = FileHandle(forWritingAtPath: bench.path) }
      }
      return 0
    }
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("e", "1"))
    }
    #expect(problem.reason == .busy)
    try writer.withLock { handle in
      try handle?.write(contentsOf: Data("w=7\n".utf8))
      try handle?.close()
    }
    #expect(bench.text == "w=7\n")
    #expect(bench.leftovers == [])
    try await file.edit("one", .set("e", "1"))
    #expect(bench.text == "e=1\nw=7\n")
  }

  @Test func whatIsWrittenOnTopOfAnEditThatIsTakenBackStays() async throws {
    let bench = try OwnedFileBench(holding: "w=0\n")
    let file = try await bench.open { step in
      if step == .exchange { try? bench.replace("w=1\n") }
      if step == .giveBack { try? bench.replace("w=2\n") }
      return 0
    }
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("e", "1"))
    }
    #expect(problem.status == 412)
    #expect(bench.text == "w=2\n")
    #expect(bench.parked == ["w=1\n"])
    #expect(bench.leftovers == [])
  }

  @Test func gitThatComesBetweenIsWaitedForBeforeTheAnswer() async throws {
    // git has looked at the file before the exchange and replaces it after.
    let bench = try OwnedFileBench(holding: "w=0\n")
    let file = try await bench.open(patience: .milliseconds(50)) { step in
      if step == .lookForGitAgain {
        try? bench.folder.write("", to: "project/.git/index.lock")
        try? bench.replace("w=1\n")
      }
      return 0
    }
    let start = try await file.state().revision
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("e", "1"), at: start)
    }
    #expect(problem.reason == .busy)
    #expect(bench.text == "w=1\n")
    try FileManager.default.removeItem(atPath: bench.gitLock)
    await file.lookAgain()
    let told = bench.changes.withLock { $0.map(\.since) }
    #expect(told == [start])
    #expect(bench.leftovers == [])
  }

  @Test func gitThatDoesNotEndHasTheEditTakenBack() async throws {
    let bench = try OwnedFileBench(holding: "w=0\n")
    let file = try await bench.open(patience: .milliseconds(50)) { step in
      if step == .lookForGitAgain { try? bench.folder.write("", to: "project/.git/index.lock") }
      return 0
    }
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("e", "1"))
    }
    #expect(problem.reason == .busy)
    #expect(bench.text == "w=0\n")
    #expect(bench.changes.withLock { $0 } == [])
    #expect(bench.leftovers == [])
  }
}
