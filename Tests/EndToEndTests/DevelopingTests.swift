import Foundation
import TestPrograms
import Testing

/// A remote client in development mode, with the built program.
@Suite(.timeLimit(.minutes(10))) struct DevelopingTests {
  /// A served project whose Designer has the password `secret`, which is in a file too.
  private func serve(_ place: Workplace) async throws -> (server: Server, passwordFile: String) {
    let server = try await place.serve()
    for operation in [
      #"{"op":"set-password","user":"designer","password":"secret"}"#,
      #"{"op":"set-setting","key":"designAccessGroup","value":"*"}"#,
    ] {
      let edit = try await Program.run(
        "directory",
        "edit",
        "--state-dir",
        place.state,
        "--op",
        operation
      )
      try #require(edit.status == 0, "\(edit.errors)")
    }
    let file = place.path + "/password"
    try Data("secret\n".utf8).write(to: URL(filePath: file))
    try #require(chmod(file, 0o600) == 0)
    return (server, file)
  }

  private func connect(
    _ place: Workplace,
    _ served: (server: Server, passwordFile: String),
    folder: String
  ) throws -> RunningProgram {
    try RunningProgram(
      Program.path,
      ["connect", served.server.address, "-o", place.path + "/app.4dz", "--follow"]
        + ["--user", "Designer", "--password-file", served.passwordFile, "--development", folder]
    )
  }

  @Test func whoCanWriteTheProjectDevelops() async throws {
    let place = try Workplace()
    let served = try await serve(place)
    let client = try connect(place, served, folder: place.project)
    #expect(await client.line(containing: "development mode") != nil, "\(client.errors)")
    _ = try #require(await client.line(containing: "verified"))
    let list = try await Program.run("clients", "list", "--state-dir", place.state, "--json")
    #expect(list.output.contains(#""mode":"development""#), "\(list.output)")
    #expect(!FileManager.default.fileExists(atPath: place.project + "/.syncd"))
    #expect(await served.server.stop() == 0)
  }

  @Test func aCopyOfTheProjectProvesNothing() async throws {
    let place = try Workplace()
    let served = try await serve(place)
    let copy = place.path + "/copy"
    try FileManager.default.copyItem(atPath: place.project, toPath: copy)
    let client = try connect(place, served, folder: copy)
    #expect(await client.exitStatus() == 4)
    #expect(client.errors.contains("was not there in time"), "\(client.errors)")
    #expect(!FileManager.default.fileExists(atPath: copy + "/.syncd"))
    let noProject = try connect(place, served, folder: place.path)
    #expect(await noProject.exitStatus() == 1)
    #expect(noProject.errors.contains("no project folder"), "\(noProject.errors)")
    let list = try await Program.run("clients", "list", "--state-dir", place.state, "--json")
    #expect(!list.output.contains("Designer"), "no session is left: \(list.output)")
    #expect(await served.server.stop() == 0)
  }

  @Test func itNeedsAUserAndStays() async throws {
    let alone = ["connect", "127.0.0.1:1", "-o", "/dev/null", "--development", "/tmp"]
    let once = try await Program.run(Program.path, alone)
    #expect(once.status == 2 && once.errors.contains("--follow"))
    let place = try Workplace()
    let server = try await place.serve()
    let nobody = try await Program.run(
      Program.path,
      ["connect", server.address, "-o", place.path + "/a.4dz", "--follow", "--development", "/tmp"]
    )
    #expect(nobody.status == 2 && nobody.errors.contains("--user"), "\(nobody.errors)")
    #expect(await server.stop() == 0)
  }
}
