import Glibc

/// What tells by `stat` alone that a file is still the one that was read.
package struct FileStamp: Hashable, Sendable {
  let device: UInt64
  package let inode: UInt64
  package let size: Int64
  /// Nanoseconds since 1970.
  package let modified: Int64
  package let changed: Int64

  /// What a path leads to, links followed; `nil` without a regular file.
  init?(at path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(status)
  }

  /// What is behind a descriptor; `nil` for anything but a regular file.
  package init?(of descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  /// Whether the file changed so long ago that another change would show, as git asks it too:
  /// file systems know times less exactly than they write them.
  var isSettled: Bool {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let edge = Self.nanoseconds(time) &- 2_000_000_000
    return modified < edge && changed < edge
  }

  func isSameFile(as other: FileStamp) -> Bool {
    device == other.device && inode == other.inode
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
