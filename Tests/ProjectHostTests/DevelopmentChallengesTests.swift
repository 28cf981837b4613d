import Foundation
import ProjectHost
import SyncProtocol
import Testing

@Suite struct DevelopmentChallengesTests {
  private let root = NSTemporaryDirectory() + "/syncd-challenge-\(UInt64.random(in: 0...(.max)))"
  private let now = ContinuousClock().now
  private let files = FileManager.default

  /// Runs a test with a project folder and the challenge of the session `s`.
  private func with(_ body: (DevelopmentChallenges, DevelopmentChallenge) throws -> Void) throws {
    try files.createDirectory(atPath: root + "/.syncd", withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: root) }
    let challenges = DevelopmentChallenges(root: root)
    try body(challenges, challenges.issue(for: "s", at: now))
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + path))
  }

  @Test(arguments: ["", "\n"]) func theFileProvesItOnceAndIsGone(end: String) throws {
    try with { challenges, challenge in
      #expect(challenge.file.hasPrefix(".syncd/"))
      try write(challenge.nonce + end, to: challenge.file)
      #expect(challenges.isMet(by: "s", at: now))
      #expect(!files.fileExists(atPath: root + "/.syncd"))
      try files.createDirectory(atPath: root + "/.syncd", withIntermediateDirectories: true)
      try write(challenge.nonce, to: challenge.file)
      #expect(!challenges.isMet(by: "s", at: now))
    }
  }

  @Test func whatElseIsInTheFolderStays() throws {
    try with { challenges, challenge in
      try write(challenge.nonce, to: challenge.file)
      try write("mine", to: ".syncd/other")
      #expect(challenges.isMet(by: "s", at: now))
      #expect(files.fileExists(atPath: root + "/.syncd/other"))
    }
  }

  @Test func anotherNonceOrSessionOrALateOneProvesNothing() throws {
    try with { challenges, challenge in
      try write(challenge.nonce + "0", to: challenge.file)
      #expect(!challenges.isMet(by: "s", at: now))
    }
    try with { challenges, challenge in
      try write(challenge.nonce, to: challenge.file)
      #expect(!challenges.isMet(by: "t", at: now))
      #expect(!challenges.isMet(by: "s", at: now.advanced(by: .seconds(60))))
      #expect(!challenges.isMet(by: "s", at: now))
    }
    try with { challenges, challenge in
      try write(challenge.nonce, to: challenge.file)
      challenges.forget("s")
      #expect(!challenges.isMet(by: "s", at: now))
    }
  }

  @Test func aLinkIsNotFollowed() throws {
    try with { challenges, challenge in
      try write(challenge.nonce, to: "elsewhere")
      try files.createSymbolicLink(
        atPath: root + "/" + challenge.file,
        withDestinationPath: root + "/elsewhere"
      )
      #expect(!challenges.isMet(by: "s", at: now))
      #expect(files.fileExists(atPath: root + "/elsewhere"))
    }
  }

  @Test func aLinkedFolderIsNotFollowed() throws {
    try with { challenges, challenge in
      try files.removeItem(atPath: root + "/.syncd")
      try files.createDirectory(atPath: root + "/else", withIntermediateDirectories: true)
      try files.createSymbolicLink(atPath: root + "/.syncd", withDestinationPath: root + "/else")
      try write(challenge.nonce, to: challenge.file)
      #expect(!challenges.isMet(by: "s", at: now))
      #expect(files.fileExists(atPath: root + "/" + challenge.file))
    }
  }

  @Test func aPipeOrALargeFileHoldsUpNobody() throws {
    try with { challenges, challenge in
      try #require(mkfifo(root + "/" + challenge.file, 0o600) == 0)
      #expect(!challenges.isMet(by: "s", at: now))
    }
    try with { challenges, challenge in
      try write(challenge.nonce + String(repeating: "\n", count: 300), to: challenge.file)
      #expect(!challenges.isMet(by: "s", at: now))
    }
  }

  @Test func nothingThereProvesNothing() throws {
    try with { challenges, _ in
      #expect(!challenges.isMet(by: "s", at: now))
      #expect(!challenges.isMet(by: "../s", at: now))
    }
  }
}
