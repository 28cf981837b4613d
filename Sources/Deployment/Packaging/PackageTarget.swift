import Foundation
import ProjectModel

/// The folder that an application is packaged into: made beside it, put into place in one step.
struct PackageTarget {
  let path: String
  /// Where it is made.
  let unfinished: String
  private let packaged: PackagedFolder
  private let replaces: Bool
  /// Held while the folder is made.
  private let lock: FolderLock

  /// Looks at the folder and makes the unfinished one; removes what a killed packaging has left.
  ///
  /// - Parameters:
  ///   - folder: where the application is to be.
  ///   - keys: what is packaged.
  ///   - root: the project's folder; the application may not be in it.
  /// - Throws: `DeploymentError` with code `target`, or `busy` when another packaging makes the same.
  init(_ folder: String, of keys: ApplicationKeys, root: String) throws(DeploymentError) {
    let url = URL(filePath: folder).standardizedFileURL
    path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    let parent = url.deletingLastPathComponent()
    try Self.refuse(parent, url.lastPathComponent, below: root)
    packaged = PackagedFolder(path: path, keys: keys)
    replaces = try packaged.isThere()
    if replaces { _ = try packaged.holdVersions() }
    guard FileTree.isFolder(parent.resolvingSymlinksInPath().path), access(parent.path, W_OK) == 0
    else {
      throw DeploymentError(
        .target,
        "\(parent.path) is no folder that this account may write into: name another one with -o."
      )
    }
    (unfinished, lock) = try Self.begin(url.lastPathComponent, in: parent.path)
  }

  /// Syncs what was made and gives it its name; what was there before goes.
  ///
  /// - Throws: `FileTree.Failure`; `DeploymentError` when a client was started in the old one
  ///   meanwhile, or somebody has put something into it.
  func finish() throws {
    defer { withExtendedLifetime(lock) {} }
    try PackageContents(of: unfinished).write(into: unfinished)
    try FileTree.sync(unfinished, allowsLinks: true)
    guard replaces else {
      // An empty folder gives way to a rename.
      return try FileTree.rename(unfinished, to: path)
    }
    let versions = try packaged.holdVersions()
    defer { withExtendedLifetime(versions) {} }
    _ = try packaged.isThere()
    try FileTree.exchange(unfinished, with: path)
    // The new one is in place; what cannot be removed of the old one is in nobody's way.
    try? FileTree.remove(unfinished)
  }

  func abandon() { try? FileTree.remove(unfinished) }

  /// What is packaged into the project would be packaged itself the next time.
  private static func refuse(
    _ parent: URL,
    _ name: String,
    below root: String
  ) throws(DeploymentError) {
    let place = parent.resolvingSymlinksInPath().appending(path: name).path
    let project = URL(filePath: root).standardizedFileURL.resolvingSymlinksInPath().path
    guard place == project || place.hasPrefix(project + "/") else { return }
    throw DeploymentError(
      .target,
      "\(place) is in the project, which the application is made of: name another folder with -o."
    )
  }

  /// Makes the unfinished folder and locks it.
  private static func begin(
    _ name: String,
    in parent: String
  ) throws(DeploymentError) -> (String, FolderLock) {
    // Nobody sees a folder before it is locked.
    let entrance = FolderLock(parent, waits: true)
    defer { withExtendedLifetime(entrance) {} }
    let prefix = ".\(name).syncd-new-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for old in names where old.hasPrefix(prefix) && FileTree.isFolder("\(parent)/\(old)") {
      guard let left = FolderLock("\(parent)/\(old)") else { throw busy(parent, name) }
      withExtendedLifetime(left) { try? FileTree.remove("\(parent)/\(old)") }
    }
    let path = "\(parent)/\(prefix)\(UInt32.random(in: .min ... .max))"
    do { try FileTree.makeFolder(path) } catch {
      throw DeploymentError(.target, "\(parent)/\(name) cannot be made: \(error.reason).")
    }
    guard let lock = FolderLock(path) else { throw busy(parent, name) }
    return (path, lock)
  }

  private static func busy(_ parent: String, _ name: String) -> DeploymentError {
    DeploymentError(
      .busy,
      "Another packaging makes \(parent)/\(name) just now: try again when it has ended."
    )
  }
}
