internal import Glibc

/// A file descriptor that is closed with its last owner.
package final class Descriptor: Sendable {
  package let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a path, or says by `errno` why not.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) -> Result<Descriptor, Errno> {
    unsafe path.withCString { unsafe openat(AT_FDCWD, $0, flags, mode: mode) }
  }

  /// Opens a name in this folder.
  func open(_ name: ArraySlice<UInt8>, _ flags: Int32) -> Result<Descriptor, Errno> {
    unsafe name.withCName { unsafe Self.openat(number, $0, flags, mode: 0) }
  }

  private static func openat(
    _ folder: Int32,
    _ name: UnsafePointer<CChar>,
    _ flags: Int32,
    mode: mode_t
  ) -> Result<Descriptor, Errno> {
    while true {
      let number = unsafe Glibc.openat(folder, name, flags | O_CLOEXEC, mode)
      if number >= 0 { return .success(Descriptor(number)) }
      if errno != EINTR { return .failure(Errno(errno)) }
    }
  }

  /// What is behind the descriptor.
  func status() -> Result<stat, Errno> {
    var status = stat()
    return unsafe fstat(number, &status) == 0 ? .success(status) : .failure(Errno(errno))
  }

  /// The signature of what is behind the descriptor; `.none` when that cannot be said.
  var signature: FileSignature { (try? status().get()).map { FileSignature($0) } ?? .none }

  /// What is under a name in this folder; symbolic links are not followed.
  func status(of name: ArraySlice<UInt8>) -> Result<stat, Errno> {
    unsafe name.withCName { unsafe status(of: $0) }
  }

  func status(of name: UnsafePointer<CChar>) -> Result<stat, Errno> {
    var status = stat()
    return unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      ? .success(status) : .failure(Errno(errno))
  }

  /// Reads from the current position until `buffer` is full or the file ends.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, Errno> {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe Glibc.read(number, rest.baseAddress, rest.count)
      if count == 0 { break }
      if count > 0 { done += count } else if errno != EINTR { return .failure(Errno(errno)) }
    }
    return .success(done)
  }

  /// Reads from `offset` until `buffer` is full or the file ends.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Result<Int, Errno> {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let position = off_t(truncatingIfNeeded: offset) + done
      let count = unsafe pread(number, rest.baseAddress, rest.count, position)
      if count == 0 { break }
      if count > 0 { done += count } else if errno != EINTR { return .failure(Errno(errno)) }
    }
    return .success(done)
  }

  /// Writes all of `buffer` at `offset`.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) -> Result<Void, Errno> {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
      let position = off_t(truncatingIfNeeded: offset) + done
      let count = unsafe pwrite(number, rest.baseAddress, rest.count, position)
      if count >= 0 { done += count } else if errno != EINTR { return .failure(Errno(errno)) }
    }
    return .success(())
  }
}

/// A value of `errno`.
struct Errno: Error, Hashable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  /// The name is not there, or is no longer what it was when it was listed.
  var isGone: Bool {
    number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENXIO
  }
}

extension ArraySlice<UInt8> {
  /// Calls `body` with the bytes and a closing zero.
  func withCName<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
      var index = 0
      for byte in self {
        unsafe buffer.initializeElement(at: index, to: CChar(bitPattern: byte))
        index += 1
      }
      unsafe buffer.initializeElement(at: index, to: 0)
      guard let start = unsafe UnsafePointer(buffer.baseAddress) else {
        preconditionFailure("room for one byte at least was asked for")
      }
      return unsafe body(start)
    }
  }
}
