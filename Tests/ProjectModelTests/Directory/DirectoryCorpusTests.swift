import Foundation
import ProjectModel
import Testing

/// Real files, where `SYNCD_CORPUS` names a folder with `directories/` in it.
@Suite struct DirectoryCorpusTests {
  private static let folder = ProcessInfo.processInfo.environment["SYNCD_CORPUS"].map {
    URL(filePath: $0).appending(path: "directories")
  }

  @Test(.enabled(if: folder != nil)) func editsRealFilesAndTakesTheEditsBack() throws {
    let folder = try #require(Self.folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    let files = names.filter { $0.hasSuffix(".json") }
    try #require(!files.isEmpty)
    for file in files {
      let bytes = Array(try Data(contentsOf: folder.appending(path: file)))
      let document: DirectoryDocument
      do throws(UnreadableDocument) {
        document = try DirectoryDocument(parsing: bytes, at: DirectoryFixture.path)
      } catch {
        Issue.record("\(file): \(error.problem.text)")
        continue
      }
      try exercise(document, file)
    }
  }

  private func exercise(_ document: DirectoryDocument, _ file: String) throws {
    #expect(try document.edited().bytes == document.bytes, "\(file)")
    let added = try document.edited(.addUser(name: "Passing by"))
    #expect(try added.edited(.deleteUser(name: "Passing by")).bytes == document.bytes, "\(file)")
    let lines = changedLines(from: document.text, to: added.text)
    #expect(lines.count <= 3, "\(file): \(lines.count) lines")
    for user in document.view.users.prefix(20) where document.user(named: user.name) != nil {
      let renamed = try document.edited(.renameUser(name: user.name, newName: "Somebody else"))
      let back = try renamed.edited(.renameUser(name: "Somebody else", newName: user.name))
      #expect(back.view == document.view, "\(file)")
    }
    let grouped = try document.edited(.addGroup(name: "Passing by"))
    #expect(grouped.view.groups.count == document.view.groups.count + 1, "\(file)")
    #expect(!String(decoding: document.redactedBytes, as: UTF8.self).contains("$2"), "\(file)")
    let rules = Dictionary(grouping: document.problems, by: \.rule).mapValues(\.count)
    if !rules.isEmpty { print("\(file): \(rules)") }
  }
}
