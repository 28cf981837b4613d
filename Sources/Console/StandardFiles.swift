import Foundation

/// The three files that a program is started with.
enum StandardFiles {
  /// Opens those that are closed, the wrong way round: reading and writing go on to fail, and nothing
  /// else gets their numbers.
  static func occupy() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes all of it, also to what others have made non-blocking.
  ///
  /// - Returns: 0, or the number of what went wrong.
  static func write(_ data: Data, to descriptor: Int32) -> Int32 {
    var rest = data[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      let number = errno
      if count < 0, number == EINTR { continue }
      guard count < 0, number == EAGAIN else { return count < 0 ? number : EIO }
      var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&wish, 1, -1)
    }
    return 0
  }
}
