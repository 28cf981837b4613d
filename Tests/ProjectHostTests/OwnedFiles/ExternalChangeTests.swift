import Foundation
import ProjectHost
import ProjectModel
import SyncProtocol
import Synchronization
import Testing

@Suite struct ExternalChangeTests {
  @Test func whatOthersWriteIsANewRevision() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    // The same size, within the same tick: only the content tells.
    try bench.write("a=1\nb=3\n")
    let second = try await file.state()
    #expect(second.revision != start)
    #expect(second.content.lines["b"] == "3")
    try bench.replace("a=1\nb=3\nc=4\n")
    await file.lookAgain()
    let third = await file.revision()
    let told = bench.changes.withLock { $0 }
    #expect(told.map(\.revision) == [second.revision, third])
    #expect(told.map(\.since) == [start, second.revision])
    #expect(told.map(\.changed) == [["b"], ["c"]])
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("b", "5"), at: start)
    }
    #expect(problem.conflicts == ["b"])
  }

  @Test func anUnchangedFileIsNoNews() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = await file.revision()
    try bench.replace("a=1\nb=2\n")
    await file.lookAgain()
    #expect(await file.revision() == start)
    #expect(bench.changes.withLock { $0 } == [])
  }

  @Test func aBrokenFileRefusesEditsUntilItIsMended() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = try await file.state().revision
    for (text, line, reason) in [
      ("a=1\nbroken\n", 2, ProblemDetails.Reason.externalFileInvalid),
      ("a=1\nb=2\n<<<<<<< ours\nc=1\n", 3, .mergeMarkers),
    ] {
      try bench.replace(text)
      let problem = try await refusal { () async throws(ProblemDetails) in
        try await file.edit("one", .set("a", "2"), at: start)
      }
      #expect(problem.status == 409)
      #expect(problem.reason == reason)
      #expect(problem.problems?.first?.line == line)
      #expect(problem.detail.contains("line \(line)"))
      #expect(await file.revision() == nil)
      #expect(bench.text == text)
    }
    try bench.replace("a=1\nb=3\n")
    await file.lookAgain()
    let told = bench.changes.withLock { $0 }
    #expect(told.map { $0.problem?.line } == [2, 3, nil])
    #expect(told.map(\.since) == [start, start, start])
    #expect(told.last?.changed == ["b"])
    try await file.edit("one", .set("a", "2"))
    #expect(bench.text == "a=2\nb=3\n")
  }

  @Test func aBrokenFileThatGetsItsOldContentBackHasItsOldRevision() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let start = await file.revision()
    try bench.replace("broken\n")
    await file.lookAgain()
    try bench.replace("a=1\nb=2\n")
    await file.lookAgain()
    #expect(await file.revision() == start)
    #expect(bench.changes.withLock { $0.map(\.revision) } == [nil, start])
  }

  @Test func aMissingCatalogIsSaid() async throws {
    let bench = try OwnedFileBench(holding: nil)
    let file = try await bench.open()
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("a", "2"), at: "r")
    }
    #expect(problem.status == 404)
    try bench.write("a=1\n")
    try await file.edit("one", .set("a", "2"))
    try FileManager.default.removeItem(at: bench.file)
    await file.lookAgain()
    #expect(await file.revision() == nil)
    #expect(bench.changes.withLock { $0.last?.revision } == .some(nil))
  }

  @Test func aMissingDirectoryIsMadeByItsFirstEdit() async throws {
    let bench = try OwnedFileBench(.directory, holding: nil)
    let file = try await bench.open(startingWith: "a=0\n")
    let start = try await file.state()
    #expect(start.path == "Settings/directory.json")
    #expect(start.content.lines == ["a": "0"])
    #expect(await file.revision() == nil)
    let result = try await file.edit("one", .count("n"), at: start.revision)
    #expect(bench.text == "a=0\nn=1\n")
    #expect(bench.leftovers == [])
    let told = bench.changes.withLock { $0 }
    #expect(told == [RevisionChange(revision: result.revision, since: nil, changed: nil)])
    let again = try await bench.open(startingWith: "a=0\n")
    #expect(try await again.edit("one", .count("n"), at: start.revision) == result)
    #expect(bench.text == "a=0\nn=1\n")
  }

  @Test func theDirectoryOfTheDataWins() async throws {
    let bench = try OwnedFileBench(.directory)
    let file = try await bench.open()
    let start = try await file.state()
    try bench.folder.write("a=1\nb=2\n", to: "project/Data/Settings/directory.json")
    let now = try await file.state()
    #expect(now.path == "Data/Settings/directory.json")
    #expect(now.revision != start.revision)
    try await file.edit("one", .set("a", "2"))
    #expect(bench.text == "a=2\nb=2\n")
    let other = bench.root + "/Settings/directory.json"
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "a=1\nb=2\n")
  }

  @Test func aLinkIsFollowedInsideOfTheProjectOnly() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    let manager = FileManager.default
    for (target, isAllowed) in [("project/real.txt", true), ("outside.txt", false)] {
      let real = "\(bench.folder.path)/\(target)"
      try bench.folder.write("a=1\n", to: target)
      try manager.removeItem(at: bench.file)
      try manager.createSymbolicLink(atPath: bench.path, withDestinationPath: real)
      if isAllowed {
        try await file.edit("in", .set("a", "2"))
        #expect(try String(contentsOfFile: real, encoding: .utf8) == "a=2\n")
      } else {
        let problem = try await refusal { () async throws(ProblemDetails) in
          try await file.edit("out", .set("a", "2"))
        }
        #expect(problem.status == 409)
        #expect(problem.detail.contains("outside.txt"))
        #expect(try String(contentsOfFile: real, encoding: .utf8) == "a=1\n")
      }
      #expect(try manager.destinationOfSymbolicLink(atPath: bench.path) == real)
    }
  }

  @Test func rightsAndAttributesStay() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open()
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: bench.path)
    // Not every file system has attributes of users.
    let hasAttribute = Attribute.set("kept", of: bench.path)
    try await file.edit("one", .set("a", "2"))
    let attributes = try FileManager.default.attributesOfItem(atPath: bench.path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    if hasAttribute {
      #expect(Attribute.value(of: bench.path) == "kept")
    }
  }

  @Test func gitAtWorkIsWaitedFor() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open(patience: .milliseconds(50))
    try bench.folder.write("", to: "project/.git/index.lock")
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("a", "2"))
    }
    #expect(problem.reason == .busy)
    #expect(problem.detail.contains("index.lock"))
    #expect(bench.text == "a=1\nb=2\n")
    try FileManager.default.removeItem(atPath: bench.gitLock)
    try await file.edit("one", .set("a", "2"))
  }

  @Test func theLockOfAWorktreeIsFoundToo() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open(patience: .milliseconds(50))
    try bench.folder.write("", to: "project/.git/worktrees/w/index.lock")
    try bench.folder.write("gitdir: ../.git/worktrees/w\n", to: "project/Project/.git")
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("a", "2"))
    }
    #expect(problem.reason == .busy)
  }

  @Test func anOpenWriterIsWaitedFor() async throws {
    let bench = try OwnedFileBench()
    let file = try await bench.open(patience: .milliseconds(50))
    let writer = try FileHandle(forWritingTo: bench.file)
    let problem = try await refusal { () async throws(ProblemDetails) in
      try await file.edit("one", .set("a", "2"))
    }
    #expect(problem.reason == .busy)
    try writer.close()
    try await file.edit("one", .set("a", "2"))
    #expect(bench.text == "a=2\nb=2\n")
  }
}

/// An attribute of a file; the module map of the C library leaves the calls out.
private enum Attribute {
  private static let name = "user.note"

  static func set(_ value: String, of path: String) -> Bool {
    typealias Call =
      @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int, CInt
      ) -> CInt
    guard let symbol = dlsym(nil, "setxattr") else { return false }
    return unsafeBitCast(symbol, to: Call.self)(path, name, value, value.utf8.count, 0) == 0
  }

  static func value(of path: String) -> String? {
    typealias Call =
      @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<UInt8>, Int
      ) -> Int
    guard let symbol = dlsym(nil, "getxattr") else { return nil }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafeBitCast(symbol, to: Call.self)(path, name, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
