import Foundation
import TestPrograms
import Testing

/// A folder of a test's own with a small project, a state folder and room for clients' files.
final class Workplace: Sendable {
  let path: String
  var project: String { path + "/project" }
  var state: String { path + "/state" }

  init() throws {
    let url = URL.temporaryDirectory.appending(path: "syncd-e2e-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
    try save("{\"$comment\":\"\",\"compatibilityVersion\":2100}", "Project/Shop.4DProject")
    try save(Self.catalog(tables: 1), "Project/Sources/catalog.4DCatalog")
    try save("{}", "Project/Sources/folders.json")
    for number in 0..<20 {
      try save("ALERT(\"\(number)\")\n", "Project/Sources/Methods/m\(number).4dm")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func catalog(tables: Int) -> String {
    let rows = (0..<tables).map { "\t<table name=\"T\($0)\" id=\"\($0 + 1)\"/>\n" }.joined()
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + "<!DOCTYPE base SYSTEM \"http://www.4d.com/dtd/2007/base.dtd\" >\n<base>\n\(rows)</base>"
  }

  /// Writes a file of the project, in place.
  func save(_ text: String, _ relative: String) throws {
    let url = URL(filePath: project).appending(path: relative)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
  }

  func remove(_ relative: String) throws {
    try FileManager.default.removeItem(atPath: project + "/" + relative)
  }

  /// Starts `syncd serve` on the project and waits for its ready line.
  func serve(_ extra: String...) async throws -> Server { try await serve(extra) }

  func serve(_ extra: [String]) async throws -> Server {
    let running = try start(["--listen", "127.0.0.1:0"] + extra)
    return try served(running, await running.line(containing: "syncd: serving"))
  }

  /// Serves at an address where somebody has listened before.
  ///
  /// Waits until it is free: the system may have given the port to another program meanwhile.
  func serve(again address: String, _ extra: String...) async throws -> Server {
    try await serve(again: address, with: ["--listen", address] + extra)
  }

  /// The same with what names the address, which is the settings where nothing does.
  func serve(again address: String, with options: [String]) async throws -> Server {
    var running = try start(options)
    var ready: String?
    try await until {
      ready = await running.line(containing: "syncd: serving")
      guard ready == nil else { return true }
      _ = await running.exitStatus()
      guard running.errors.contains("\(address) is in use") else { return true }
      running = try start(options)
      return false
    }
    return try served(running, ready)
  }

  private func start(_ options: [String]) throws -> RunningProgram {
    try RunningProgram(Program.path, ["serve", project, "--state-dir", state] + options)
  }

  private func served(_ running: RunningProgram, _ line: String?) throws -> Server {
    let ready = try #require(line, "\(running.errors)")
    let address = try #require(
      ready.firstMatch(of: /at (127\.0\.0\.1:\d+), generation ([0-9a-f]+:\d+)/)
    )
    return Server(
      running: running,
      ready: ready,
      address: String(address.1),
      generation: String(address.2)
    )
  }

  /// Asks for a reload and returns its result.
  func reload() async throws -> ReloadAnswer {
    let result = try await Program.run("reload", "--state-dir", state, "--json")
    return try JSONDecoder().decode(ReloadAnswer.self, from: Data(result.output.utf8))
  }

  /// Follows a server into a file and waits until the file is there.
  func follow(_ server: Server, into file: String) async throws -> RunningProgram {
    let client = try RunningProgram(
      Program.path,
      ["connect", server.address, "-o", path + "/" + file, "--follow"]
    )
    _ = try #require(await client.line(containing: "verified"), "\(client.errors)")
    return client
  }

  /// A clean build of the project as it is now.
  func build() async throws -> Data {
    let result = try await Program.run("build", project, "-o", path + "/reference.4dz")
    try #require(result.status == 0, "\(result.errors)")
    return try contents("reference.4dz")
  }

  func contents(_ file: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path + "/" + file))
  }
}

/// A running `syncd serve`.
struct Server: Sendable {
  let running: RunningProgram
  let ready: String
  let address: String
  let generation: String

  /// Asks it to stop and waits for its end.
  func stop() async -> Int32 {
    running.send(SIGTERM)
    return await running.exitStatus()
  }
}

/// What `syncd reload --json` prints, read on its own terms.
struct ReloadAnswer: Decodable {
  struct Generation: Decodable {
    let epoch: String
    let gen: Int
    let digest: String
  }

  struct Problem: Decodable {
    let rule: String
    let file: String
    let line: Int?
  }

  let outcome: String
  let generation: Generation?
  let changed: Int
  let problems: [Problem]
}
