import Glibc

/// Which file a name leads to.
struct FileIdentity: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
}

/// What `lstat` says of a file, as far as it tells whether the content may be another.
struct FileStatus: Equatable, Sendable {
  enum Kind: UInt8, Sendable {
    case file, directory, other
  }

  let identity: FileIdentity
  let size: Int64
  /// Nanoseconds since 1970.
  let modified: Int64
  /// Nanoseconds since 1970.
  let changed: Int64
  let links: UInt32
  let kind: Kind

  init(_ status: stat) {
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
    links = UInt32(truncatingIfNeeded: status.st_nlink)
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      default: .other
      }
  }
}

/// The `errno` of a failed call.
struct SystemError: Error, Equatable {
  let code: CInt

  /// The path leads to another folder than the one that was meant.
  static let elsewhere = SystemError(code: ENOENT)

  /// Nothing (any more) is where the path led.
  var isAbsence: Bool { code == ENOENT || code == ENOTDIR || code == ELOOP }
  /// The process or the system is short of something for the moment.
  var isShortage: Bool {
    code == EMFILE || code == ENFILE || code == ENOMEM || code == EAGAIN || code == EINTR
  }

  var text: String { unsafe String(cString: strerror(code)) }
}
