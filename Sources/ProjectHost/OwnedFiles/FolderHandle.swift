import Glibc

/// A folder that is held open: what is done in it is done in this folder, wherever its name leads.
final class FolderHandle: Sendable {
  /// What was read of a file that stood still meanwhile.
  struct Content {
    let bytes: [UInt8]
    let stamp: FileStamp
  }

  static let mostBytes = 64 * 1024 * 1024

  let path: String
  private let descriptor: Int32

  init(_ path: String) throws(FileFailure) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure(errno, "open the folder", path) }
    self.path = path
  }

  deinit { close(descriptor) }

  func path(of name: String) -> String { "\(path)/\(name)" }

  func stamp(of name: String) -> FileStamp? {
    guard let file = try? openFile(name, O_RDONLY) else { return nil }
    defer { close(file) }
    return FileStamp(of: file)
  }

  /// The names that begin and end so.
  func names(from start: String, to end: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(start), name.hasSuffix(end) { names.append(name) }
    }
    return names
  }

  /// Opens a name that is no link; the caller closes it.
  func openFile(_ name: String, _ flags: Int32, mode: mode_t = 0) throws(FileFailure) -> Int32 {
    let number = openat(
      descriptor,
      name,
      flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
      mode
    )
    guard number >= 0 else { throw FileFailure(errno, "open", path(of: name)) }
    return number
  }

  /// The content of a file; `nil` where there is none.
  ///
  /// - Throws: `EAGAIN` for a file that does not stand still.
  func read(_ name: String) throws(FileFailure) -> Content? {
    let file: Int32
    do throws(FileFailure) {
      file = try openFile(name, O_RDONLY)
    } catch {
      if error.number == ENOENT { return nil }
      throw error
    }
    defer { close(file) }
    return try Self.read(file, path(of: name))
  }

  static func read(_ file: Int32, _ path: String) throws(FileFailure) -> Content {
    for _ in 0..<3 {
      guard let before = FileStamp(of: file) else {
        throw FileFailure(EINVAL, "read what is no regular file:", path)
      }
      guard before.size <= mostBytes else { throw FileFailure(EFBIG, "read", path) }
      let wanted = Int(before.size)
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: wanted + 1) { buffer, count in
        count = 0
        while count <= wanted {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]
          )
          let part = pread(file, rest.baseAddress, rest.count, off_t(count))
          if part > 0 { count += part }
          if part == 0 { break }
          if part < 0, errno != EINTR {
            failure = errno
            break
          }
        }
      }
      guard failure == 0 else { throw FileFailure(failure, "read", path) }
      if bytes.count == wanted, FileStamp(of: file) == before {
        return Content(bytes: bytes, stamp: before)
      }
    }
    throw FileFailure(EAGAIN, "read while it is being written:", path)
  }

  /// Writes all bytes from the start.
  static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(FileFailure) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(file, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(done))
      }
      if count > 0 { done += count }
      if count == 0 { throw FileFailure(ENOSPC, "write", path) }
      if count < 0, errno != EINTR { throw FileFailure(errno, "write", path) }
    }
  }

  func remove(_ name: String) throws(FileFailure) {
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
      throw FileFailure(errno, "remove", path(of: name))
    }
  }

  func sync() throws(FileFailure) {
    guard fsync(descriptor) == 0 else { throw FileFailure(errno, "write to the disk", path) }
  }

  /// Gives a file another name in the folder, which may be in use.
  func rename(_ old: String, to new: String) throws(FileFailure) {
    guard renameat(descriptor, old, descriptor, new) == 0 else {
      throw FileFailure(errno, "rename", path(of: old))
    }
  }

  /// A second name for the same file.
  func link(_ old: String, as new: String) throws(FileFailure) {
    guard linkat(descriptor, old, descriptor, new, 0) == 0 else {
      throw FileFailure(errno, "give a second name to", path(of: old))
    }
  }

  /// `renameat2`; `EINVAL` or `ENOSYS` where the file system does not know the flag.
  func rename(_ old: String, to new: String, flags: UInt32) throws(FileFailure) {
    guard let call = LinuxCalls.renameat2 else {
      throw FileFailure(ENOSYS, "rename", path(of: old))
    }
    guard call(descriptor, old, descriptor, new, flags) == 0 else {
      throw FileFailure(errno, "give the new bytes their name:", path(of: new))
    }
  }

  /// Whether somebody has the file open, or mapped, for writing; false where the kernel does not say.
  func isBeingWritten(_ name: String) -> Bool {
    guard let file = try? openFile(name, O_RDONLY) else { return false }
    defer { close(file) }
    // Who opens the file for writing while the lease is held makes the kernel send a signal: one
    // that is ignored by default, instead of SIGIO, which ends the process.
    guard fcntl(file, LinuxCalls.setSignal, SIGURG) == 0 else { return false }
    if fcntl(file, LinuxCalls.setLease, F_RDLCK) == 0 {
      _ = fcntl(file, LinuxCalls.setLease, F_UNLCK)
      return false
    }
    return errno == EAGAIN
  }
}
