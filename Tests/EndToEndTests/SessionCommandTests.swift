import Foundation
import TestPrograms
import Testing

/// `syncd sessions`, as scripts use it.
@Suite(.timeLimit(.minutes(10))) struct SessionCommandTests {
  @Test func aScriptFollowsASessionAndMakesPasscodes() async throws {
    let place = try Workplace()
    try place.save(
      #"{"privileges":[{"privilege":"sell"}],"roles":[],"permissions":{"allowed":[]}}"#,
      "Project/Sources/roles.json"
    )
    let server = try await place.serve()
    let opened = try await Program.run(
      "/usr/bin/curl",
      [
        "-sS", "-X", "POST", "-d", #"{"machineName":"desk"}"#,
        "http://\(server.address)/v1/sessions",
      ]
    )
    let id = String(try #require(opened.output.firstMatch(of: /"id":"([0-9A-F]{32})"/)).1)
    func sessions(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(Program.path, ["sessions"] + arguments + ["--state-dir", place.state])
    }
    #expect(try await sessions().output.contains(id))

    let following = try RunningProgram(
      Program.path,
      ["sessions", "follow", id, "--state-dir", place.state]
    )
    let machine = try RunningProgram(
      Program.path,
      ["sessions", "follow", id, "--json", "--state-dir", place.state]
    )
    // They are processes of the session once they listen.
    try await until {
      let activity = try await sessions("list", "--json").output
      return activity.matches(of: /"type" ?: ?"events"/).count >= 2
    }
    _ = try await sessions("storage", id, "--patch", #"{"a":1}"#)
    #expect(await following.line() == "storage 1")
    #expect(await machine.line()?.contains(#""revision":1"#) == true)
    _ = try await sessions("privileges", id, "--add", "sell")
    #expect(await following.line() == "privileges")

    let passcode = try await sessions("otp", id, "--json", "--lifespan", "60")
    let otp = try #require(passcode.output.firstMatch(of: /"otp" ?: ?"([0-9A-F]{32})"/)?.1)
    #expect(!otp.isEmpty)
    let unknown = try await sessions("otp", String(repeating: "0", count: 32))
    #expect(unknown.status == 4 && unknown.errors.contains("no such session"), "\(unknown)")
    let own = try await sessions("otp", "self")
    #expect(own.status == 2 && own.errors.contains("Only a hook has a session of its own"))
    #expect(own.errors.contains("Usage: syncd sessions otp"), "\(own.errors)")
    let patch = try await sessions("storage", id, "--patch", "")
    #expect(patch.status == 2 && patch.errors.contains("--patch is not JSON: it is empty."))
    #expect(patch.errors.contains("Usage: syncd sessions storage"), "\(patch.errors)")

    _ = try await Program.run("clients", "drop", id, "--state-dir", place.state)
    #expect(await following.line() == "ended")
    #expect(await following.exitStatus() == 0)
    #expect(await server.stop() == 0)
  }
}
