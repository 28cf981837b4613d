import Foundation
import TestPrograms
import Testing

/// The workplace's project as a merged application, made and run with the built programs.
extension Workplace {

  /// Packages the project into `<path>/<folder>`.
  ///
  /// - Returns: the client's folder.
  func package(into folder: String, _ keys: String...) async throws -> String {
    let result = try await tryPackaging(into: folder, keys)
    try #require(result.status == 0, "\(result.errors)")
    return "\(path)/\(folder)/ShopClient"
  }

  /// Packages the project, or hears why not.
  func tryPackaging(into folder: String, _ keys: [String]) async throws -> Program.Result {
    try await Program.run(
      Program.path,
      ["package", project, "-o", "\(path)/\(folder)", "--programs", await PackagedPrograms.folder]
        + ["--allow-shared-swift", "--signing-key", path + "/key.pem", "--set", "HardLink=secret"]
        + (["BuildCSUpgradeable=True"] + keys).flatMap { ["--set", $0] }
    )
  }

  /// Serves the project for the application's clients, versions 1 and 2, without an update.
  func serveApplication() async throws -> Server {
    _ = try await package(
      into: "base",
      "CurrentVers=2",
      "RangeVersMin=1",
      "BuildCSUpgradeable=False"
    )
    return try await serve("--application", path + "/base/ShopServer/application.json")
  }

  func clientArguments(_ client: String, _ extra: [String]) -> [String] {
    ["XDG_DATA_HOME=\(path)/data", client + "/ShopClient", "--local"] + extra
  }

  /// Starts a packaged client.
  func startClient(_ client: String, _ extra: String...) throws -> RunningProgram {
    try RunningProgram("/usr/bin/env", clientArguments(client, extra))
  }

  /// Starts a packaged client at a terminal.
  func startClientAtTerminal(_ client: String, _ extra: String...) throws -> RunningProgram {
    try RunningProgram(onTerminal: "/usr/bin/env", clientArguments(client, extra))
  }

  /// Runs a packaged client to its end.
  func runClient(_ client: String, _ extra: String...) async throws -> Program.Result {
    try await Program.run("/usr/bin/env", clientArguments(client, extra))
  }

  /// Removes a file from the client's data folder.
  func removeData(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/data/Shop/\(name)")
  }

  /// The numbers of the versions that a client has installed.
  func versions(_ client: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: client + "/versions")
      .filter { !$0.hasPrefix(".") }.map { String($0.prefix { $0 != "-" }) }.sorted()
  }
}
