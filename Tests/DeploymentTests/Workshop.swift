import Bundler
import Deployment
import Foundation
import ProjectModel
import TestPrograms
import Testing

/// A folder of a test's own with a small project, and what packages it.
final class Workshop: Sendable {
  let path: String
  var project: String { path + "/project" }
  var key: String { path + "/key.pem" }

  init() throws {
    let url = URL.temporaryDirectory.appending(path: "syncd-app-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
    try save("{}", "project/Project/Shop.4DProject")
    try save("ALERT(1)", "project/Project/Sources/Methods/m.4dm")
    try save("pixels", "project/Resources/Images/logo.png")
    try save("junk", "project/Resources/.DS_Store")
    try save("page", "project/WebFolder/index.html")
    try save("{}", "project/Settings/directory.json")
    try save("<Preferences4D/>", "project/Settings/buildApp.4DSettings")
    try save("<b/>", "project/Settings/Backup.4DSettings")
    try save("x", "project/userPreferences.me/x")
    try usePrograms("/bin/true")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func save(_ text: String, _ name: String, mode: Int = 0o644) throws {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
  }

  /// Writes a script; another program does it, for a file that is open for writing in a test's child
  /// cannot be run.
  func saveScript(_ text: String, _ name: String) async throws {
    try save(text, "script.text")
    let made = try await run(
      "/usr/bin/install",
      "-D",
      "--mode=755",
      path + "/script.text",
      "\(path)/\(name)"
    )
    try #require(made.status == 0, "\(made.errors)")
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: URL(filePath: path).appending(path: name), encoding: .utf8)
  }

  /// Takes a program of the system's for `syncd` and `syncd-client`.
  func usePrograms(_ program: String) throws {
    let folder = path + "/programs"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let real = URL(filePath: program).resolvingSymlinksInPath().path
    for name in [Programs.server, Programs.client] {
      try FileManager.default.copyItem(atPath: real, toPath: "\(folder)/\(name)")
    }
  }

  /// Packages the project into `<path>/<folder>`.
  @discardableResult
  func package(
    into folder: String = "out",
    _ overrides: String...
  ) async throws -> ApplicationPackager.Result {
    let keys = try ApplicationKeys(
      settings: nil,
      overrides: ["HardLink=the secret", "BuildCSUpgradeable=True"] + overrides,
      project: "Shop"
    )
    let plan = ApplicationPackager.Plan(
      keys,
      root: project,
      snapshot: try await BundleBuilder(root: project).build(),
      programs: try Programs(in: path + "/programs"),
      signingKey: try SigningKey(at: key)
    )
    let result = try await ApplicationPackager(plan).package(into: "\(path)/\(folder)")
    try await untilProgramsAreClosed()
    return result
  }

  /// Waits until nobody has a program here open for writing: what is written in this process is open
  /// in a program that another test starts meanwhile, until that one is loaded, and no system runs it.
  func untilProgramsAreClosed() async throws {
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    for name in names {
      while isBeingWritten("\(path)/\(name)") {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }

  /// Only of files that can be run.
  private func isBeingWritten(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o111 != 0
    else { return false }
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    // F_SETSIG and F_SETLEASE of fcntl(2): who writes meanwhile sends a signal that nobody minds.
    guard fcntl(file, 10, SIGURG) == 0 else { return false }
    if fcntl(file, 1_024, F_RDLCK) != 0 { return errno == EAGAIN }
    _ = fcntl(file, 1_024, F_UNLCK)
    return false
  }

  /// Runs a program to its end, once what was written here can be run.
  func run(
    _ program: String,
    _ arguments: String...
  ) async throws -> (status: Int32, output: String, errors: String) {
    try await untilProgramsAreClosed()
    let running = try RunningProgram(program, arguments)
    let status = await running.exitStatus()
    return (status, running.output, running.errors)
  }

  func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
  }

  func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
  }
}
