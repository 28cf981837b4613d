import Glibc
import ProjectModel

/// Where a file of the project really lies: in which folder, under which name, links resolved.
struct FileTarget: Hashable, Sendable {
  enum Refusal: Error, Hashable {
    /// A link leads out of the project, or nowhere.
    case linkOutside(String)
    case failure(FileFailure)
  }

  /// Below the project's root, or empty for the root itself.
  let folder: String
  let name: String
  let exists: Bool

  /// Finds a file, or the place of one that is still to be made.
  init(_ path: ProjectPath, below root: String) throws(Refusal) {
    guard let realRoot = Self.realPath(root) else {
      throw .failure(FileFailure(errno, "find the project", root))
    }
    let file = "\(root)/\(path.display)"
    if let found = Self.realPath(file) {
      guard let cut = found.lastIndex(of: "/"), found.hasPrefix(realRoot + "/") else {
        throw .linkOutside(found)
      }
      folder = String(found[..<cut].dropFirst(realRoot.count + 1))
      name = String(found[cut...].dropFirst())
      exists = true
      return
    }
    guard errno == ENOENT || errno == ENOTDIR else {
      throw .failure(FileFailure(errno, "find", file))
    }
    var status = stat()
    guard lstat(file, &status) != 0 else { throw .linkOutside(file) }
    let parent = path.parent
    if let found = Self.realPath("\(root)/\(parent.display)") {
      guard found == realRoot || found.hasPrefix(realRoot + "/") else { throw .linkOutside(found) }
      folder = String(found.dropFirst(realRoot.count + 1))
    } else {
      folder = parent.display
    }
    name = String(decoding: path.name, as: UTF8.self)
    exists = false
  }

  /// The folder, made where it is missing.
  func openFolder(below root: String) throws(FileFailure) -> FolderHandle {
    guard !exists else { return try FolderHandle(folder.isEmpty ? root : "\(root)/\(folder)") }
    var path = root
    for component in folder.split(separator: "/") {
      let parent = path
      path += "/\(component)"
      if mkdir(path, 0o777) == 0 {
        try FolderHandle(parent).sync()
      } else if errno != EEXIST {
        throw FileFailure(errno, "make the folder", path)
      }
    }
    return try FolderHandle(path)
  }

  private static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
