import Bundler
import ProjectModel

extension ApplicationPackager {
  /// What stands beside the `.4DZ` as it does beside `Project/` (4d-domain §1.1, §2.2).
  private static let neighbours = ["Resources", "WebFolder", "Libraries", "Components", "Plugins"]

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
      throw DeploymentError(.target, "The project's .4DZ cannot be written: \(error).")
    }
    var leftOut: [String] = []
    for name in Self.neighbours where FileTree.isFolder("\(plan.root)/\(name)") {
      leftOut += try FileTree.copyFolder("\(plan.root)/\(name)", to: "\(folder)/\(name)") {
        !ContentRules.isJunk($0)
      }.map { "\(name)/\($0)" }
    }
    let settings = plan.root + "/Settings"
    guard FileTree.isFolder(settings) else { return leftOut }
    return leftOut
      + (try FileTree.copyFolder(settings, to: folder + "/Settings") { includes(setting: $0) }
        .map { "Settings/\($0)" })
  }

  /// Whether a file of `Settings/` goes with the server: the users only where they are embedded
  /// (4d-domain §6.1), what the application was built from never.
  private func includes(setting path: String) -> Bool {
    let name = path.lowercased()
    if name == "directory.json" { return keys.embedsDirectory }
    return !name.hasPrefix("buildapp") && !name.hasPrefix("userpreferences")
      && !ContentRules.isJunk(path)
  }
}
