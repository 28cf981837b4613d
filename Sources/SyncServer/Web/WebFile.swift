import Glibc
import NIOCore

/// A file of the web folder, open for reading.
final class WebFile: Sendable {
  /// Large enough to fill a pipe, small enough that a thousand downloads fit in memory.
  static let chunkSize = 128 * 1024

  let name: String
  let size: UInt64
  /// Seconds since the beginning of 1970.
  let modified: time_t
  let tag: EntityTag
  private let descriptor: CInt

  /// Takes over a descriptor; `nil` when it is none of a plain file.
  init?(_ descriptor: CInt, name: String) {
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.name = name
    size = UInt64(max(0, status.st_size))
    modified = status.st_mtim.tv_sec
    // Another content has another of these: what is written in place changes its times.
    let marks = [
      Int(status.st_size), Int(bitPattern: UInt(status.st_ino)), status.st_mtim.tv_sec,
      status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
    tag = EntityTag(quoting: marks.map { String($0, radix: 36) }.joined(separator: "-"))
  }

  deinit { close(descriptor) }

  /// Reads a chunk from a position; may block.
  ///
  /// - Throws: `IOError`, also when the file is shorter by now: the answer cannot be completed.
  func read(from position: UInt64, count: Int) throws -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    while buffer.readableBytes < count {
      let missing = count - buffer.readableBytes
      let offset = off_t(position) + off_t(buffer.readableBytes)
      var code: CInt = 0
      let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { bytes in
        errno = 0
        let read = pread(descriptor, bytes.baseAddress, missing, offset)
        code = errno
        return max(0, read)
      }
      if read == 0, code != EINTR { throw IOError(errnoCode: code, reason: "pread") }
    }
    return buffer
  }
}
