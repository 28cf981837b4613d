import Glibc
package import ProjectModel

extension SHA256 {
  private static let chunkSize = 1 << 20

  /// The digest of a whole file, read from its beginning wherever the descriptor stands.
  ///
  /// - Returns: `nil` where it cannot be read; `errno` says why.
  package static func digest(ofFile descriptor: Int32) -> Digest? {
    let hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: chunkSize)
    var position: off_t = 0
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, $0.count, position)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return hasher.finish() }
      unsafe buffer.withUnsafeBytes {
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      position += off_t(count)
    }
  }

  /// The same of a file by its name, which no link may stand for.
  package static func digest(ofFileAt path: String) -> Digest? {
    let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return digest(ofFile: descriptor)
  }
}
