import Foundation
import TestPrograms
import Testing

/// git and the server: one generation a checkout, and git never fails because of us.
@Suite(.timeLimit(.minutes(10))) struct HooksTests {
  private func repository() async throws -> Workplace {
    let place = try Workplace()
    try await git(
      place,
      """
      git init -q -b main . && git config user.name t && git config user.email t@example.invalid
      git add -A && git commit -qm one
      git checkout -q -b other
      for i in 1 2 3 4 5 6 7 8; do echo "other $i" > Project/Sources/Methods/m$i.4dm; done
      git commit -qam two && git checkout -q main
      """
    )
    return place
  }

  @discardableResult
  private func git(_ place: Workplace, _ script: String) async throws -> String {
    let result = try await Program.shell("set -e\n" + script, in: place.project)
    try #require(result.status == 0, "\(result.output)")
    return result.output
  }

  private func install(_ place: Workplace) async throws {
    let result = try await Program.run(
      "hooks",
      "install",
      place.project,
      "--state-dir",
      place.state
    )
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test func aCheckoutIsOneGenerationAndTheHookSaysWhich() async throws {
    let place = try await repository()
    try await install(place)
    let server = try await place.serve()
    let before = try #require(try await place.reload().generation)
    let stream = try RunningProgram(
      "/usr/bin/curl",
      ["-sN", "http://\(server.address)/v1/events?topics=reconnect-required"]
    )
    _ = try #require(await stream.line(containing: "event: ready"))
    let said = try await git(place, "git checkout -q other")
    // It waits two seconds, and then says that it goes on.
    #expect(
      said.contains("syncd: generation") || said.contains("syncd: the reload goes on after"),
      "\(said)"
    )
    let after = try #require(try await place.reload().generation)
    #expect(after.gen == before.gen + 1)
    // The watcher may have been quicker than the hook; what the hook brings says why.
    let commit = try await git(place, "git rev-parse HEAD").trimmingCharacters(in: .newlines)
    let notice = try #require(await stream.line(containing: "\"digest\":\"\(after.digest)\""))
    #expect(notice.contains("\"cause\":\"\(commit)\"") || !notice.contains("git-hook"), "\(notice)")
    stream.send(SIGKILL)
    #expect(await server.stop() == 0)
  }

  @Test func withoutAServerTheHooksAreSilentAndGitSucceeds() async throws {
    let place = try await repository()
    try await install(place)
    #expect(try await git(place, "git checkout -q other && git checkout -q main").isEmpty)
    #expect(try await git(place, "git merge -q other").isEmpty)
  }

  @Test func aRebaseIsReportedOnceAtItsEnd() async throws {
    let place = try await repository()
    try await install(place)
    try await git(
      place,
      "echo x > Project/Sources/Methods/m19.4dm && git commit -qam three"
    )
    let server = try await place.serve()
    let said = try await git(place, "git rebase -q other")
    #expect(said.split(separator: "\n").count { $0.hasPrefix("syncd:") } == 1)
    let built = try await Program.run("build", place.project, "-o", place.path + "/r.4dz", "--json")
    #expect(built.output.contains(try #require(try await place.reload().generation).digest))
    #expect(await server.stop() == 0)
  }

  @Test func aHookThatIsThereIsKeptRunAndGivenBack() async throws {
    let place = try await repository()
    let hook = place.project + "/.git/hooks/post-checkout"
    try await git(
      place,
      "printf '#!/bin/sh\\necho mine \"$3\"\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout"
    )
    let before = try String(contentsOfFile: hook, encoding: .utf8)
    try await install(place)
    try await install(place)
    #expect(try await git(place, "git checkout -q other").contains("mine 1"))
    let removed = try await Program.run("hooks", "remove", place.project)
    #expect(removed.status == 0)
    #expect(try String(contentsOfFile: hook, encoding: .utf8) == before)
    #expect(!FileManager.default.fileExists(atPath: place.project + "/.git/hooks/post-merge"))
  }

  @Test func outsideOfGitTheSentenceSaysSo() async throws {
    let place = try Workplace()
    let result = try await Program.run("hooks", "install", place.project)
    #expect(result.status == 1)
    #expect(result.errors.contains("not in a git repository"))
  }
}
