import Glibc

/// What a file is and who can change it, as `stat` says.
package struct FileRights: Hashable, Sendable {
  package let isFile: Bool
  private let mode: UInt32
  private let owner: UInt32

  /// Looks at an open file or folder; `nil` with `errno` where that cannot be done.
  package init?(of descriptor: Int32) {
    var found = stat()
    guard fstat(descriptor, &found) == 0 else { return nil }
    self.init(found)
  }

  /// Looks at a name in an open folder; `nil` with `errno` where that cannot be done.
  package init?(of name: String, in folder: Int32, followingLinks: Bool) {
    var found = stat()
    guard fstatat(folder, name, &found, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
      return nil
    }
    self.init(found)
  }

  private init(_ found: stat) {
    isFile = found.st_mode & S_IFMT == S_IFREG
    mode = found.st_mode
    owner = found.st_uid
  }

  /// Whether root and this process's account alone can change it.
  package var isOurs: Bool { mode & 0o022 == 0 && (owner == 0 || owner == geteuid()) }
}
