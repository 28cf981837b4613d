import Glibc

/// The first bytes of a download, in a file that one client writes at a time.
struct PartFile: ~Copyable {
  /// A client that writes nothing for so long hangs.
  private static let patience = Duration.seconds(60)

  let path: String
  /// Open for reading and writing, and locked.
  let descriptor: Int32

  private init(_ path: String, _ descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Makes the file where it is not there, and waits for another client that writes it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - target: what the file is to become.
  ///   - waiting: told once when another client writes it.
  /// - Returns: `nil` when the other client has ended: with the whole, or without.
  /// - Throws: `ClientError` when the file cannot be made, or the other client stands still.
  static func claim(
    _ path: String,
    for target: String,
    waiting: () -> Void
  ) async throws -> PartFile? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ClientError.unwritable(target) }
    let part = PartFile(path, descriptor)
    let clock = ContinuousClock()
    var size: off_t?
    var limit = clock.now
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw ClientError.unwritable(target) }
      if size == nil { waiting() }
      let now = part.status.st_size
      if now != size { (size, limit) = (now, clock.now.advanced(by: patience)) }
      guard clock.now < limit else {
        throw ClientError(
          .localFile,
          "Another client began to write \(target) and stands still: stop one of them."
        )
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    guard part.isInItsPlace else { return nil }
    return part
  }

  /// Removes a file that nobody writes.
  static func discard(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
  }

  /// The file as it is: the lock may be on one that has another name by now, or none.
  private var isInItsPlace: Bool {
    var named = stat()
    let own = status
    return lstat(path, &named) == 0 && named.st_ino == own.st_ino && named.st_dev == own.st_dev
  }

  private var status: stat {
    var status = stat()
    fstat(descriptor, &status)
    return status
  }
}
