import Foundation
import ProjectModel
import SyncProtocol

/// A folder that an application may have been packaged into before.
struct PackagedFolder {
  let path: String
  let keys: ApplicationKeys

  /// Whether the same application is there already, and nothing else.
  ///
  /// - Throws: `DeploymentError` with code `target` when anything else is.
  func isThere() throws(DeploymentError) -> Bool {
    guard FileTree.exists(path) else { return false }
    guard FileTree.isFolder(path), let names = names(in: path) else {
      throw DeploymentError(.target, "\(path) is no folder that can be read: name another with -o.")
    }
    if names.isEmpty { return false }
    let server = "\(path)/\(keys.name)Server"
    let found = FileManager.default.contents(atPath: server + "/application.json")
      .flatMap { try? WireJSON.decode(ServerApplication.self, from: $0) }
    guard names.allSatisfy(["\(keys.name)Server", "\(keys.name)Client"].contains),
      found?.name == keys.name
    else {
      throw DeploymentError(
        .target,
        "\(path) is not empty and holds something else than \(keys.name): name another folder "
          + "with -o, or empty it."
      )
    }
    try refuseForeign(in: server, isOwn(server:))
    try refuseForeign(in: server + "/Server Database", isOwn(database:))
    return true
  }

  private func names(in folder: String) -> [String]? {
    try? FileTree.entries(of: folder).map(\.name)
  }

  /// Somebody's certificate or data beside what was packaged would be lost.
  private func refuseForeign(
    in folder: String,
    _ isOwn: (String) -> Bool
  ) throws(DeploymentError) {
    guard let foreign = (names(in: folder) ?? []).first(where: { !isOwn($0) }) else { return }
    throw DeploymentError(
      .target,
      "\(folder)/\(foreign) is not of `syncd package` and would be lost: move it away, or name "
        + "another folder with -o."
    )
  }

  /// Names of an earlier version count too: the unit's came from other rules.
  private func isOwn(server name: String) -> Bool {
    let own = [
      "\(keys.name)Server", "\(keys.name)Server.desktop", StartFiles.installer, "application.json",
      "bin", "Server Database", "Upgrade4DClient",
    ]
    return own.contains(name) || name.hasSuffix(".service") || ContentRules.isJunk(name)
  }

  private func isOwn(database name: String) -> Bool {
    name == "Settings" || name.hasSuffix(".4DZ") || ContentRules.isJunk(name)
      || ApplicationPackager.neighbours.contains(name)
  }
}
