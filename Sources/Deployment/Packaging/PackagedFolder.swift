import Foundation
import ProjectModel
import SyncProtocol

/// A folder that an application may have been packaged into before.
struct PackagedFolder {
  let path: String
  let keys: ApplicationKeys

  private var server: String { "\(keys.name)Server" }
  private var client: String { "\(keys.name)Client" }

  /// Whether the same application is there already, and nothing that would be lost.
  ///
  /// - Throws: `DeploymentError` with code `target` when anything else is.
  func isThere() throws(DeploymentError) -> Bool {
    guard FileTree.exists(path) else { return false }
    guard FileTree.isFolder(path), let names = try? FileTree.entries(of: path).map(\.name) else {
      throw DeploymentError(.target, "\(path) is no folder that can be read: name another with -o.")
    }
    if names.isEmpty { return false }
    let found = FileManager.default.contents(atPath: "\(path)/\(server)/application.json")
      .flatMap { try? WireJSON.decode(ServerApplication.self, from: $0) }
    guard found?.name == keys.name,
      names.allSatisfy({
        [server, client, PackageContents.fileName].contains($0) || ContentRules.isSystemJunk($0)
      })
    else {
      throw DeploymentError(
        .target,
        "\(path) is not empty and holds something else than \(keys.name): name another folder "
          + "with -o, or empty it."
      )
    }
    guard found?.hardLink == keys.hardLink else {
      throw DeploymentError(
        .target,
        "\(path) holds another \(keys.name), whose HardLink is another one: name another folder "
          + "with -o, or empty it."
      )
    }
    try refuseForeign()
    return true
  }

  /// Keeps the server and clients from being started in the folder while it is exchanged.
  ///
  /// - Throws: `DeploymentError` with code `busy` when one runs.
  func hold() throws(DeploymentError) -> [FolderLock] {
    let versions = "\(path)/\(client)/\(InstalledClient.versions)"
    guard let lock = FolderLock("\(path)/\(server)") else {
      throw DeploymentError(
        .busy,
        "The server runs out of \(path)/\(server): stop it first, or name another folder with -o."
      )
    }
    var locks = [lock]
    for (name, type) in (try? FileTree.entries(of: versions)) ?? [] where type == .typeDirectory {
      guard let lock = FolderLock("\(versions)/\(name)") else {
        throw DeploymentError(
          .busy,
          "A client runs out of \(path)/\(client): stop it first, or name another folder with -o."
        )
      }
      locks.append(lock)
    }
    return locks
  }

  /// Somebody's certificate, settings or data among what was packaged would be lost.
  private func refuseForeign() throws(DeploymentError) {
    guard let contents = PackageContents(readIn: path) else {
      throw DeploymentError(
        .target,
        "\(path) lacks its \(PackageContents.fileName), without which nobody knows what in it is "
          + "somebody's own: name another folder with -o, or empty it."
      )
    }
    do {
      let foreign = try contents.foreign(in: path) { isOfClient($0, contents) }
      guard let first = foreign.first else { return }
      let others = foreign.count == 1 ? "" : ", and \(foreign.count - 1) more"
      throw DeploymentError(
        .target,
        "\(path)/\(first.path) \(first.isChanged ? "was changed since" : "is not of") "
          + "`syncd package` and would be lost\(others): move it away, or name another folder "
          + "with -o."
      )
    } catch let failure as FileTree.Failure {
      throw DeploymentError(
        .target,
        "\(failure.path) cannot be looked at (\(failure.reason)): name another folder with -o."
      )
    } catch let error as DeploymentError {
      throw error
    } catch {
      throw DeploymentError(.target, "\(path) cannot be looked at: name another folder with -o.")
    }
  }

  /// What a client changes that is tried where it was packaged: its links, and the versions that it
  /// has taken, as far as their files are those of a version.
  private func isOfClient(_ path: String, _ contents: PackageContents) -> Bool {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count > 1, parts[0] == client else { return false }
    if parts.count == 2 {
      return [InstalledClient.current, InstalledClient.previous].contains {
        parts[1] == $0 || parts[1] == FileTree.unfinished($0)
      }
    }
    guard parts[1] == InstalledClient.versions else { return false }
    if parts[2] == InstallLock.name || InstalledClient.isTransient(parts[2]) { return true }
    guard !contents.has(below: parts[0...2].joined(separator: "/")) else { return false }
    return InstalledClient.files.contains(parts[3...].joined(separator: "/"))
  }
}
