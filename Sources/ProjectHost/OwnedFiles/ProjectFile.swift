import Glibc

/// Looking at a file of the project by its path, links followed.
enum ProjectFile {
  /// The content; `nil` where there is none.
  static func read(_ path: String) throws(FileFailure) -> FolderHandle.Content? {
    let file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileFailure(errno, "open", path)
    }
    defer { close(file) }
    return try FolderHandle.read(file, path)
  }

  static func isBeingWritten(_ path: String) -> Bool {
    guard let real = realPath(path), let folder = try? FolderHandle(parent(of: real)) else {
      return false
    }
    return folder.isBeingWritten(String(real.dropFirst(folder.path.count + 1)))
  }

  /// The folder in which the file really lies, or would.
  static func realFolder(of path: String) -> String {
    if let real = realPath(path) { return parent(of: real) }
    var folder = parent(of: path)
    while realPath(folder) == nil, folder.contains("/") { folder = parent(of: folder) }
    return realPath(folder) ?? folder
  }

  static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
