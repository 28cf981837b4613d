import Foundation
import ProjectModel
import SyncProtocol

/// The folder that an application is packaged into: made beside it, put into place in one step.
struct PackageTarget {
  let path: String
  /// Where it is made.
  let unfinished: String
  private let replaces: Bool

  /// Looks at the folder and makes the unfinished one.
  ///
  /// - Throws: `DeploymentError` with code `target`.
  init(_ folder: String, of application: String) throws(DeploymentError) {
    let url = URL(filePath: folder).standardizedFileURL
    path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    let parent = url.deletingLastPathComponent().path
    replaces = try Self.look(at: path, application)
    guard FileTree.isFolder(parent), access(parent, W_OK) == 0 else {
      throw DeploymentError(
        .target,
        "\(parent) is no folder that this account may write into: name another one with -o."
      )
    }
    unfinished = "\(parent)/.\(url.lastPathComponent).syncd-new-\(UInt32.random(in: .min ... .max))"
    do { try FileTree.makeFolder(unfinished) } catch {
      throw DeploymentError(.target, "\(path) cannot be made: \(error.reason).")
    }
  }

  /// Syncs what was made and gives it its name; what was there before goes.
  func finish() throws(FileTree.Failure) {
    try FileTree.sync(unfinished, allowsLinks: true)
    guard replaces else {
      // An empty folder gives way to a rename.
      return try FileTree.rename(unfinished, to: path)
    }
    try FileTree.exchange(unfinished, with: path)
    // The new one is in place; what cannot be removed of the old one is in nobody's way.
    try? FileTree.remove(unfinished)
  }

  func abandon() { try? FileTree.remove(unfinished) }

  /// Whether the same application is there already.
  private static func look(
    at path: String,
    _ application: String
  ) throws(DeploymentError) -> Bool {
    guard FileTree.exists(path) else { return false }
    guard FileTree.isFolder(path), let names = try? FileTree.entries(of: path).map(\.name) else {
      throw DeploymentError(.target, "\(path) is no folder that can be read: name another with -o.")
    }
    if names.isEmpty { return false }
    let own = ["\(application)Server", "\(application)Client"]
    let file = "\(path)/\(application)Server/application.json"
    let found = FileManager.default.contents(atPath: file)
      .flatMap { try? WireJSON.decode(ServerApplication.self, from: $0) }
    guard names.allSatisfy(own.contains), found?.name == application else {
      throw DeploymentError(
        .target,
        "\(path) is not empty and holds something else than \(application): name another folder "
          + "with -o, or empty it."
      )
    }
    return true
  }
}
