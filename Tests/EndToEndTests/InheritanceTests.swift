import Foundation
import TestPrograms
import Testing

/// What the programs of the tests are started with.
struct InheritanceTests {
  /// A catalog that a test is just writing must not stay open in a program of another test: its
  /// server would refuse edits for as long as that one runs.
  @Test func aProgramHasNoFileOpenThatATestIsWriting() async throws {
    let place = try Workplace()
    let file = place.project + "/Project/Sources/catalog.4DCatalog"
    let writing = open(file, O_WRONLY)
    defer { close(writing) }
    try #require(writing >= 0 && fcntl(writing, F_GETFD) & FD_CLOEXEC == 0)
    let listed = try await Program.shell("ls -l /proc/$$/fd")
    #expect(listed.status == 0 && listed.output.contains("/dev/null"), "\(listed.output)")
    #expect(!listed.output.contains(file))
  }
}
