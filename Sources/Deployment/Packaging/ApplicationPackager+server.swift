import Bundler
import Foundation
import ProjectModel

extension ApplicationPackager {
  /// What stands beside the `.4DZ` as it does beside `Project/` (4d-domain §1.1, §2.2).
  static let neighbours = ["Resources", "WebFolder", "Libraries", "Components", "Plugins"]

  /// Makes the server's folder.
  ///
  /// - Returns: what of the project was left out because it is a link or a special file.
  func makeServer(in folder: String) throws -> [String] {
    try FileTree.makeFolder(folder + "/bin")
    try FileTree.copyFile(
      plan.programs.serverPath,
      to: "\(folder)/bin/\(Programs.server)",
      mode: 0o755
    )
    try FileTree.write(start.server, to: "\(folder)/\(keys.name)Server", mode: 0o755)
    try FileTree.write(
      start.desktop("Server", comment: "Serves \(keys.publishName)", inTerminal: true),
      to: "\(folder)/\(keys.name)Server.desktop",
      mode: 0o755
    )
    try FileTree.write(start.unit, to: "\(folder)/\(start.unitName)")
    try FileTree.write(start.install, to: "\(folder)/\(StartFiles.installer)", mode: 0o755)
    try FileTree.write(
      try PackageJSON.encode(ServerApplication(keys)),
      to: folder + "/application.json",
      mode: 0o600
    )
    return try makeDatabase(in: folder + "/Server Database")
  }

  private func makeDatabase(in folder: String) throws -> [String] {
    try FileTree.makeFolder(folder)
    do throws(BundleError) {
      try writeBundle(plan.snapshot, to: "\(folder)/\(keys.project).4DZ")
    } catch {
      throw DeploymentError(
        .target,
        "The project's .4DZ cannot be written: \("\(error)".withoutFullStop)."
      )
    }
    var leftOut: [String] = []
    for name in Self.neighbours {
      leftOut += try copy(name, into: folder) { !ContentRules.isJunk($0) }
    }
    leftOut += try copy("Settings", into: folder) { includes(setting: $0) }
    let users = folder + "/Settings/directory.json"
    if FileTree.exists(users) { try FileTree.setMode(0o600, of: users) }
    return leftOut
  }

  /// Copies a folder of the project's.
  ///
  /// - Returns: what was left out, below the project.
  private func copy(
    _ name: String,
    into folder: String,
    where includes: (String) -> Bool
  ) throws -> [String] {
    let source = "\(plan.root)/\(name)"
    guard FileTree.exists(source) else { return [] }
    // A link is not followed, wherever it stands.
    guard FileTree.isFolder(source) else { return FileTree.isFile(source) ? [] : [name] }
    return try FileTree.copyFolder(source, to: "\(folder)/\(name)", where: includes)
      .map { "\(name)/\($0)" }
  }

  /// Whether a file of `Settings/` goes with the server: the users only where they are embedded
  /// (4d-domain §6.1), what the application was built from never.
  private func includes(setting path: String) -> Bool {
    let name = path.lowercased()
    if name == "directory.json" { return keys.embedsDirectory }
    guard !name.hasPrefix("buildapp"), !name.hasPrefix("userpreferences"),
      !ContentRules.isJunk(path)
    else { return false }
    return !name.hasSuffix(".4dsettings") || !isBuildSettings("\(plan.root)/Settings/\(path)")
  }

  /// Whether a file holds the builder's settings, the HardLink among them, whatever its name is.
  private func isBuildSettings(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      let content = FileManager.default.contents(atPath: path)
    else { return false }
    return ApplicationKeys.isBuildSettings(Array(content))
  }
}
