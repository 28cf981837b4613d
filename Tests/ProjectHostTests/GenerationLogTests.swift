import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Testing

@Suite struct GenerationLogTests {
  private func record(_ id: GenerationID) throws -> GenerationRecord {
    GenerationRecord(
      id: id,
      digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
      size: 1,
      members: 1,
      reason: .watch,
      changed: 2,
      builtAt: "2026-01-01T00:00:00.000Z"
    )
  }

  /// Appends so many generations and returns the file's path.
  private func log(_ folder: TemporaryFolder, generations: Int) throws -> String {
    let path = folder.path + "/log"
    var log = try GenerationLog(path: path) { 0xE }
    for _ in 0..<generations { try log.append(try record(log.next)) }
    return path
  }

  private func next(_ path: String) throws -> GenerationID {
    let log = try GenerationLog(path: path) { 0xF }
    return log.next
  }

  @Test func countsFromOneAndGoesOnAfterARestart() throws {
    let folder = try TemporaryFolder()
    let path = try log(folder, generations: 0)
    #expect(try next(path) == GenerationID(epoch: 0xF, gen: 1))
    #expect(try next(try log(folder, generations: 3)) == GenerationID(epoch: 0xE, gen: 4))
  }

  @Test func aTornLastLineWasNeverAnnouncedAndIsDropped() throws {
    let folder = try TemporaryFolder()
    let path = try log(folder, generations: 2)
    let whole = try Data(contentsOf: URL(filePath: path))
    let firstLine = try #require(whole.firstIndex(of: 0x0A)) + 1
    for length in [firstLine + 1, firstLine + 20, whole.count - 1] {
      try whole.prefix(length).write(to: URL(filePath: path))
      #expect(try next(path) == GenerationID(epoch: 0xE, gen: 2))
    }
  }

  @Test func aFileWithoutASoundLineBeginsANewEpoch() throws {
    let folder = try TemporaryFolder()
    let path = try log(folder, generations: 2)
    try Data("{\"gen\":9}\n".utf8).write(to: URL(filePath: path))
    #expect(try next(path) == GenerationID(epoch: 0xF, gen: 1))
  }

  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    let folder = try TemporaryFolder()
    do {
      _ = try GenerationLog(path: folder.path + "/none/log") { 1 }
      Issue.record("the log was opened")
    } catch {
      #expect(error.message.contains("/none/log"))
    }
  }
}
