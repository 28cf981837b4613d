import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

/// Real git changes branches while edits run.
@Suite(.serialized) struct GitRaceTests {
  private func git(_ arguments: String..., in root: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "gc.auto=0"]
    process.arguments = ["git", "-C", root] + identity + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A repository with branches `b0` and `b1`, whose files have `w=0` and `w=1`.
  private func repository() throws -> OwnedFileBench {
    let bench = try OwnedFileBench(holding: "w=0\n")
    try FileManager.default.removeItem(atPath: bench.root + "/.git")
    #expect(try git("init", "-q", "-b", "b0", in: bench.root) == 0)
    #expect(try git("add", ".", in: bench.root) == 0)
    #expect(try git("commit", "-qm", "0", in: bench.root) == 0)
    #expect(try git("checkout", "-qb", "b1", in: bench.root) == 0)
    try bench.write("w=1\n")
    #expect(try git("commit", "-qam", "1", in: bench.root) == 0)
    return bench
  }

  @Test(.timeLimit(.minutes(3)))
  func aCheckoutAndAnEditNeverMix() async throws {
    let bench = try repository()
    let file = try await bench.open()
    var done = 0
    var refused = 0
    for round in 0..<30 {
      let branch = round % 2
      let status = SharedStatus()
      let thread = GitThread {
        let result = (try? self.git("checkout", "-qf", "b\(branch)", in: bench.root)) ?? -1
        status.set(result)
      }
      thread.start()
      var last: EditResult?
      var number = 0
      while !thread.isOver {
        do throws(ProblemDetails) {
          last = try await file.edit("r\(round)-\(number)", .set("e", "\(round).\(number)"))
          done += 1
        } catch {
          refused += 1
          let isExpected = [.revisionMismatch, .conflict, .notFound].contains(error.problemType)
          #expect(isExpected, "\(error)")
        }
        number += 1
      }
      #expect(status.value == 0)
      let text = bench.text ?? ""
      // git had the last word, or the last edit that was answered is on top of what git wrote.
      let revision = await file.revision()
      let isPure = text == "w=\(branch)\n"
      #expect(isPure || text.hasSuffix("w=\(branch)\n") && revision == last?.revision, "\(text)")
    }
    #expect(done > 0)
    #expect(bench.leftovers == [])
    #expect(bench.documents.withLock { $0.count } > 30)
  }
}

private final class SharedStatus: Sendable {
  private let number = Mutex<Int32>(-1)

  var value: Int32 { number.withLock { $0 } }

  func set(_ value: Int32) { number.withLock { $0 = value } }
}

/// Runs something on a thread and says when it is over.
private final class GitThread: Sendable {
  private let body: @Sendable () -> Void
  private let over = Atomic<Bool>(false)

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  var isOver: Bool { over.load(ordering: .sequentiallyConsistent) }

  func start() {
    Thread {
      self.body()
      self.over.store(true, ordering: .sequentiallyConsistent)
    }.start()
  }
}
