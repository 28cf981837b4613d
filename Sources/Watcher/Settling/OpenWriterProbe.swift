import Glibc

/// Asks the kernel whether anybody has a file open, or mapped, for writing.
enum OpenWriterProbe {
  enum Finding {
    /// Nobody has.
    case closed
    case open
    /// The kernel does not say; whether the file stands still has to do.
    case unclear(FileStatus)
  }

  // From fcntl(2); the module map of the C library leaves them out.
  private static let setSignal: CInt = 10
  private static let setLease: CInt = 1_024

  /// Looks at a file below the root.
  static func look(at path: RawPath, in root: borrowing DirectoryHandle) -> Finding {
    let cut = path.bytes.lastIndex(of: RawPath.separator)
    let folder = RawPath(Array(path.bytes[..<(cut ?? 0)]))
    let name = RawPath(Array(path.bytes[(cut.map { $0 + 1 } ?? 0)...]))
    guard let handle = try? root.open(folder, for: .lookUp),
      let status = try? handle.status(of: name), status.kind == .file
    else { return .closed }
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    let descriptor = unsafe openat(handle.descriptor, name.cString, flags)
    guard descriptor >= 0 else { return errno == ENOENT ? .closed : .unclear(status) }
    defer { close(descriptor) }
    // A writer that comes while the lease is held makes the kernel send a signal: one that is
    // ignored by default, instead of SIGIO, which ends the process.
    guard fcntl(descriptor, setSignal, SIGURG) == 0 else { return .unclear(status) }
    if fcntl(descriptor, setLease, F_RDLCK) == 0 {
      _ = fcntl(descriptor, setLease, F_UNLCK)
      return .closed
    }
    return errno == EAGAIN ? .open : .unclear(status)
  }
}
