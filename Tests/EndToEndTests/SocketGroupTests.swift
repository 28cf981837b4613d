import Foundation
import TestPrograms
import Testing

/// Another account of the machine at the server's socket, with the built program.
@Suite(.timeLimit(.minutes(10)), .enabled(if: OtherAccount.isPossible))
struct SocketGroupTests {
  private static let group = "games"

  /// Runs a command as `nobody`, in a group of that name alone.
  private func ask(
    _ place: Workplace,
    as group: String,
    _ words: String...
  ) async throws -> Program.Result {
    try await Program.run(
      OtherAccount.program,
      ["--reuid=65534", "--regid=\(group)", "--clear-groups", place.path + "/syncd"] + words
        + ["--state-dir", place.state]
    )
  }

  @Test func aMemberReloadsAndSavesAllAndDoesNothingElse() async throws {
    let place = try Workplace()
    // The build's folder may be closed to others. A program that this process has had open for
    // writing could not be started: programs that other tests start would have it open too.
    let copy = try await Program.run("/bin/cp", [Program.path, place.path + "/syncd"])
    try #require(copy.status == 0)
    let server = try await place.serve("--socket-group", Self.group)
    for words in [["reload"], ["save-all"], ["status"]] {
      let answer = try await ask(place, as: Self.group, words[0])
      #expect(answer.status == 0, "\(words): \(answer.errors)")
    }
    let clients = try await ask(place, as: Self.group, "clients", "list")
    #expect(clients.status == 4, "\(clients.errors)")
    let catalog = try await ask(place, as: Self.group, "catalog", "show")
    #expect(catalog.status == 4, "\(catalog.errors)")
    let stranger = try await ask(place, as: "nogroup", "reload")
    #expect(stranger.status == 4)
    #expect(stranger.errors.contains("--socket-group"), "\(stranger.errors)")
    #expect(await server.stop() == 0)
  }
}

/// Programs as another account, which only root can start.
private enum OtherAccount {
  static let program = "/usr/bin/setpriv"
  static let isPossible = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: program)
}
