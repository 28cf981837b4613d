import Foundation
import ProjectHost
import Sessions
import SyncProtocol
import SyncServer
import Testing

/// The folder with the hooks while the server runs.
@Suite(.timeLimit(.minutes(3))) struct HookFolderTests {
  /// What a hook may refuse is not let in where nobody knows whether there is one.
  @Test func nobodyIsLetInWhileTheFolderIsGoneOrUnsafe() async throws {
    let bench = try await HookBench([.openConnection: "echo asked >>$LOG"])
    let (folder, aside) = (bench.folder, bench.folder + ".aside")
    let files = FileManager.default
    try await bench.serve { server in
      func open() async throws -> TestResponse { try await server.ask("POST", Route.sessions) }
      func refusal() async throws {
        let refused = try await open()
        #expect(refused.problem == .connectionRefused && refused.status == 403)
        #expect(refused.text.contains("could not be run"), "\(refused.text)")
      }
      #expect(try await open().status == 201)
      try files.moveItem(atPath: folder, toPath: aside)
      try await refusal()
      // Something else in its place.
      try Data().write(to: URL(filePath: folder))
      try await refusal()
      try files.removeItem(atPath: folder)
      try files.moveItem(atPath: aside, toPath: folder)
      #expect(try await open().status == 201)
      for mode in [0o777, 0o720] {
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
        try await refusal()
      }
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      #expect(try await open().status == 201)
      #expect(try bench.log == "asked\nasked\nasked\n")
      #expect(bench.lines.all.count { $0.contains("A hook is not run") } == 4)

      // A hook that is taken away out of a sound folder is one that the operator has no more.
      let hook = "\(folder)/\(HookName.openConnection.rawValue)"
      try files.removeItem(atPath: hook)
      #expect(try await open().status == 201)
      #expect(try bench.log == "asked\nasked\nasked\n")
      try files.createSymbolicLink(atPath: hook, withDestinationPath: folder + "/nowhere")
      try await refusal()
    }
  }
}
