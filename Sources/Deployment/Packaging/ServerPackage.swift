import Foundation
package import ProjectModel
import SyncProtocol

/// What the program of a merged server finds in its folder.
package struct ServerPackage: Hashable, Sendable {
  package let application: ServerApplication
  /// The client that is offered to older ones; `nil` when the application has no updates.
  package let update: HeldUpdate?
  /// The folder that the server is started in.
  private let folder: String

  /// The name that a packaged server gives its system folder: `ServerStructureFolderName` in the
  /// `application.json` beside the folder that the archive is in.
  ///
  /// - Returns: `nil` for any other archive, or one whose server has no name for it.
  package static func systemFolderName(of archive: String) -> String? {
    let file = URL(filePath: archive).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "application.json").path
    return FileManager.default.contents(atPath: file)
      .flatMap { try? WireJSON.decode(ServerApplication.self, from: $0) }?.serverFolder
  }

  /// Reads an `application.json`, and holds the update against its description.
  ///
  /// - Throws: `DeploymentError`: `installation` for a file that cannot be read or that others can
  ///   read too, `archive` for an update that is not whole.
  package init(at path: String) throws(DeploymentError) {
    guard let content = FileManager.default.contents(atPath: path) else {
      throw DeploymentError(
        .installation,
        "\(path) cannot be read: give it to the account that runs the server (chown)."
      )
    }
    let rights = try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    guard let rights, rights & 0o077 == 0 else {
      throw DeploymentError(
        .installation,
        "Others can read \(path), which holds the application's secret: chmod 600 it first."
      )
    }
    do { application = try WireJSON.decode(ServerApplication.self, from: content) } catch {
      throw DeploymentError(
        .installation,
        "\(path) describes no server: make it with `syncd package`."
      )
    }
    self.folder = URL(filePath: path).deletingLastPathComponent().path
    guard let name = application.updates else {
      update = nil
      return
    }
    let folder = URL(filePath: path).deletingLastPathComponent().appending(path: name).path
    let held = try HeldUpdate(in: folder)
    try held.verify()
    guard held.offer.application == application.name,
      held.offer.version == application.versions.current
    else {
      throw DeploymentError(
        .archive,
        "\(folder) holds \(held.offer.application) \(held.offer.version), and this is "
          + "\(application.name) \(application.versions.current): copy the server's folder again."
      )
    }
    update = held
  }

  /// Keeps a packaging from replacing the folder, for as long as what is returned lives.
  ///
  /// - Returns: `nil` when somebody has locked the folder and does not let go: the server runs all the same.
  /// - Throws: `CancellationError`.
  package func hold() async throws -> FolderLock? { try await FolderLock.take(folder, .shared) }
}
