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
  init(_ folder: String, of keys: ApplicationKeys, root: String) async throws {
    let url = try Self.place(folder)
    path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    let parent = url.deletingLastPathComponent()
    try Self.refuse(parent, url.lastPathComponent, below: root)
    guard !FileTree.isMountPoint(url.path) else {
      throw DeploymentError(
        .target,
        "\(url.path) is where a file system begins, and cannot be replaced in one step: name a "
          + "folder in it with -o."
      )
    }
    packaged = PackagedFolder(path: path, keys: keys)
    replaces = try packaged.isThere()
    if replaces { _ = try packaged.hold() }
    guard FileTree.isFolder(parent.resolvingSymlinksInPath().path), access(parent.path, W_OK) == 0
    else {
      throw DeploymentError(
        .target,
        "\(parent.path) is no folder that this account may write into: name another one with -o."
      )
    }
    (unfinished, lock) = try await Self.begin(url.lastPathComponent, in: parent.path)
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
    let locks = try packaged.hold()
    defer { withExtendedLifetime(locks) {} }
    _ = try packaged.isThere()
    try FileTree.exchange(unfinished, with: path)
    // The new one is in place; what cannot be removed of the old one is in nobody's way.
    try? FileTree.remove(unfinished)
  }

  func abandon() { try? FileTree.remove(unfinished) }

  /// Follows a link: it stays, and what it leads to is packaged into.
  private static func place(_ folder: String) throws(DeploymentError) -> URL {
    let url = URL(filePath: folder).standardizedFileURL
    let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    guard let target = FileTree.target(of: path) else { return url }
    let place = url.resolvingSymlinksInPath()
    guard FileTree.isFolder(place.path) else {
      throw DeploymentError(
        .target,
        "\(path) is a link to \(target), which is no folder: name another one with -o."
      )
    }
    return place
  }

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
  ) async throws -> (String, FolderLock) {
    // Nobody sees a folder before it is locked.
    guard let entrance = try await FolderLock.take(parent, .exclusive) else {
      throw DeploymentError(
        .busy,
        "Another program has locked \(parent) and does not let go: end it (`lsof \(parent)` names "
          + "it), or name another folder with -o."
      )
    }
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
