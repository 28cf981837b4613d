import Glibc

/// The name that the kernel has for a place: without links, and the same for each way that leads there.
enum RealPath {
  /// `O_PATH`, which the module of the C library hides: a place in the tree, nothing opened.
  static let nameAlone: CInt = 0o10_000_000

  /// Of what is open; `nil` when the kernel does not tell.
  static func of(_ descriptor: CInt) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink("/proc/self/fd/\(descriptor)", start, buffer.count)
      // What fills the room may be longer.
      guard count > 0, count < buffer.count else { return nil }
      return String(decoding: UnsafeRawBufferPointer(buffer).prefix(count), as: UTF8.self)
    }
  }

  /// Of an absolute path; what is not there has its name in the nearest folder that is.
  static func of(_ path: String) -> String {
    let item = open(path, nameAlone | O_CLOEXEC)
    if item >= 0 {
      defer { close(item) }
      if let found = of(item) { return found }
    }
    let parts = path.split(separator: "/")
    guard let name = parts.last else { return "/" }
    let parent = of("/" + parts.dropLast().joined(separator: "/"))
    return (parent == "/" ? "" : parent) + "/" + name
  }

  static func isLink(_ path: String) -> Bool {
    var byte: CChar = 0
    return readlink(path, &byte, 1) >= 0
  }
}
