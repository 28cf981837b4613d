import Glibc

/// The `index.lock` of the repository that a folder belongs to: while it is there, git may be
/// changing files, also those that it looked at before.
struct GitIndexLock: Sendable {
  /// The file; `nil` outside of any repository.
  let path: String?

  /// Finds the nearest repository, from a folder upwards.
  init(near folder: String) {
    var folder = folder
    while true {
      if let gitFolder = Self.gitFolder(of: folder) {
        path = gitFolder + "/index.lock"
        return
      }
      guard let slash = folder.lastIndex(of: "/") else { break }
      folder = String(folder[..<slash])
    }
    path = nil
  }

  var isHeld: Bool {
    guard let path else { return false }
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// `.git` is a folder, or in a worktree or submodule a file that names one.
  private static func gitFolder(of folder: String) -> String? {
    let path = folder + "/.git"
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    if status.st_mode & S_IFMT == S_IFDIR { return path }
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4_096 + 16)
    let count = read(file, &buffer, buffer.count)
    let start = "gitdir: "
    let text = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    guard text.hasPrefix(start) else { return nil }
    let target = text.dropFirst(start.count).prefix { $0 != "\n" && $0 != "\r\n" }
    return target.hasPrefix("/") ? String(target) : "\(folder)/\(target)"
  }
}
