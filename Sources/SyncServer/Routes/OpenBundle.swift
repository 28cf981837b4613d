import Bundler
import Glibc
import NIOCore
import NIOPosix
import ProjectHost
import ProjectModel
import SyncProtocol

/// A bundle's file, open for reading: readable to its end even when its name is gone.
package final class OpenBundle: ServedBytes {
  /// Large enough to fill a pipe, small enough that a thousand downloads fit in memory.
  static let chunkSize = 256 * 1024

  package let size: UInt64
  private let descriptor: CInt
  /// Keeps the descriptor open.
  private let owner: any Sendable

  /// Reads from a descriptor that stays open as long as `owner` lives.
  package init(descriptor: CInt, size: UInt64, owner: any Sendable) {
    self.descriptor = descriptor
    self.size = size
    self.owner = owner
  }

  /// Opens a file that never changes.
  ///
  /// - Throws: `ProblemDetails` when it cannot be read, or has another size.
  convenience init(opening path: String, size: UInt64) throws(ProblemDetails) {
    guard let file = OpenFile(path), FileStamp(of: file.descriptor)?.size == Int64(size) else {
      throw ProblemDetails(
        .internalError,
        detail: "The server cannot read a file that it holds, or it is another by now: "
          + "whoever runs the server should start it again."
      )
    }
    self.init(descriptor: file.descriptor, size: size, owner: file)
  }

  /// Reads one chunk from a position, on a thread that may block.
  func read(from position: UInt64, count: Int) async throws -> ByteBuffer {
    try await NIOThreadPool.singleton.runIfActive { try self.readBlocking(position, count) }
  }

  /// SHA-256 of the whole file, on a thread that may block.
  func digestOfBytes() throws -> Digest {
    guard let digest = SHA256.digest(ofFile: descriptor) else {
      throw IOError(errnoCode: errno, reason: "pread")
    }
    return digest
  }

  private func readBlocking(_ position: UInt64, _ count: Int) throws -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    while buffer.readableBytes < count {
      let missing = count - buffer.readableBytes
      let offset = off_t(position) + off_t(buffer.readableBytes)
      var code: CInt = 0
      let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { bytes in
        let read = pread(descriptor, bytes.baseAddress, missing, offset)
        // Nothing more to read: the file is shorter than it was.
        code = read < 0 ? errno : EIO
        return max(0, read)
      }
      guard read > 0 else {
        if code == EINTR { continue }
        throw IOError(errnoCode: code, reason: "pread")
      }
    }
    return buffer
  }
}

/// A descriptor that is closed with its last owner.
private final class OpenFile: Sendable {
  let descriptor: CInt

  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }
}
