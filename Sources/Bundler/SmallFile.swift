internal import Glibc

/// Small files that are replaced whole and durably: a crash leaves the old content or the new.
package enum SmallFile {
  /// A system call that failed.
  package struct Failure: Error, Hashable {
    /// The value of `errno`.
    package let number: Int32

    /// The system's words for it.
    package var reason: String { unsafe String(cString: strerror(number)) }
  }

  /// Gives a file a new content; one writer at a time, as a lock or the file's owner sees to.
  ///
  /// - Parameters:
  ///   - path: the file; its folder exists. A symbolic link is replaced, not followed.
  ///   - bytes: the content.
  ///   - mode: the permission bits, before the process's mask.
  /// - Throws: `Failure`; the file is then as it was, or new and perhaps not yet durable.
  package static func replace(
    _ path: String,
    with bytes: [UInt8],
    mode: UInt32 = 0o600
  ) throws(Failure) {
    // What a killed program left is in nobody's way.
    let temporary = unfinished(path)
    unsafe unlink(temporary)
    do throws(Failure) {
      try write(bytes, to: temporary, mode)
      guard unsafe rename(temporary, path) == 0 else { throw Failure(number: errno) }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    let directory = try open(split(path).folder + "/", O_RDONLY | O_DIRECTORY, 0)
    guard fsync(directory.number) == 0 else { throw Failure(number: errno) }
  }

  /// The name that a new content has until it is whole; a killed program may leave it.
  package static func unfinished(_ path: String) -> String {
    let (folder, name) = split(path)
    return "\(folder)/.\(name).syncd-new"
  }

  private static func write(_ bytes: [UInt8], to path: String, _ mode: UInt32) throws(Failure) {
    let file = try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          file.number,
          buffer.baseAddress.map { unsafe $0 + written },
          buffer.count - written
        )
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure(number: count < 0 ? errno : ENOSPC) }
      written += count
    }
    guard fsync(file.number) == 0 else { throw Failure(number: errno) }
  }

  private static func open(
    _ path: String,
    _ flags: Int32,
    _ mode: UInt32
  ) throws(Failure) -> Descriptor {
    let number = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw Failure(number: errno) }
    return Descriptor(number)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
