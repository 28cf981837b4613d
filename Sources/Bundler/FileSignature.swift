internal import Glibc

/// What tells by `stat` alone that a file is the one that was read.
struct FileSignature: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
  let size: UInt64
  /// Nanoseconds since 1970.
  let modified: Int64
  /// Nanoseconds since 1970; it shows changes whose writer set the modification time back.
  let changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = UInt64(max(0, status.st_size))
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  /// A signature that no file has.
  static let none = FileSignature(device: 0, inode: 0, size: 0, modified: 0, changed: 0)

  /// Time stamps move in ticks of some milliseconds: a file changed that recently before `time`,
  /// or after it, could change once more and look the same.
  func isSettled(before time: Int64) -> Bool {
    let edge = time - 20_000_000
    return modified < edge && changed < edge
  }

  /// The time of day in nanoseconds since 1970, by the clock that stamps files.
  static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  /// Times centuries away wrap around; they are only compared.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

extension stat {
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }
}
