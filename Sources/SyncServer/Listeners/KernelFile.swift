import Glibc

/// A file that the kernel makes up as it is read.
enum KernelFile {
  /// Reads to the end: such a file tells no size, and gives a few kilobytes at a time.
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(descriptor, &part, part.count)
      if count > 0 {
        text += part.prefix(count)
      } else if count == 0 || errno != EINTR {
        return count == 0 ? String(decoding: text, as: UTF8.self) : nil
      }
    }
  }
}
