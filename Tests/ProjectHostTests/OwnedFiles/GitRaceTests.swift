import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import TestPrograms
import Testing

/// Real git changes branches while edits run.
@Suite(.serialized) struct GitRaceTests {
  /// Runs git; it has nothing open of what other tests write in this process meanwhile.
  private func git(_ arguments: String..., in root: String) async throws -> Int32 {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "gc.auto=0"]
    let program = try RunningProgram(
      "/usr/bin/env",
      ["git", "-C", root] + identity + arguments
    )
    return await program.exitStatus()
  }

  /// A repository with branches `b0` and `b1`, whose files have `w=0` and `w=1`.
  private func repository() async throws -> OwnedFileBench {
    let bench = try OwnedFileBench(holding: "w=0\n")
    try FileManager.default.removeItem(atPath: bench.root + "/.git")
    #expect(try await git("init", "-q", "-b", "b0", in: bench.root) == 0)
    #expect(try await git("add", ".", in: bench.root) == 0)
    #expect(try await git("commit", "-qm", "0", in: bench.root) == 0)
    #expect(try await git("checkout", "-qb", "b1", in: bench.root) == 0)
    try bench.write("w=1\n")
    #expect(try await git("commit", "-qam", "1", in: bench.root) == 0)
    return bench
  }

  @Test(.timeLimit(.minutes(5)))
  func aCheckoutAndAnEditNeverMix() async throws {
    let bench = try await repository()
    let file = try await bench.open()
    var done = 0
    var refused = 0
    for round in 0..<30 {
      let branch = round % 2
      let status = SharedStatus()
      async let checkout: Void = {
        status.set((try? await git("checkout", "-qf", "b\(branch)", in: bench.root)) ?? -1)
      }()
      var last: EditResult?
      var number = 0
      while status.value == nil {
        do throws(ProblemDetails) {
          last = try await file.edit("r\(round)-\(number)", .set("e", "\(round).\(number)"))
          done += 1
        } catch {
          refused += 1
          let isExpected = [.revisionMismatch, .conflict, .notFound].contains(error.problemType)
          #expect(isExpected, "\(error)")
        }
        number += 1
        try Task.checkCancellation()
      }
      await checkout
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

/// How a program ended, once it has.
private final class SharedStatus: Sendable {
  private let number = Mutex<Int32?>(nil)

  var value: Int32? { number.withLock { $0 } }

  func set(_ value: Int32) { number.withLock { $0 = value } }
}
