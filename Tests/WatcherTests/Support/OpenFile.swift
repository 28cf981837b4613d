import Glibc

/// A file that stays open for writing until it is closed.
final class OpenFile: Sendable {
  private let descriptor: CInt

  init(_ path: String, flags: CInt = O_TRUNC) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644)
  }

  func write(_ text: String) {
    _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
  }

  func close() {
    Glibc.close(descriptor)
  }
}
