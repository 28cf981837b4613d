internal import Glibc

/// Reads the names in a folder.
enum FolderReader {
  /// All names but `.` and `..`, in the order of the file system.
  static func names(in folder: Descriptor) -> Result<[[UInt8]], Errno> {
    // The stream closes its descriptor, so it gets one of its own.
    let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard number >= 0 else { return .failure(Errno(errno)) }
    guard let stream = unsafe fdopendir(number) else {
      let error = Errno(errno)
      close(number)
      return .failure(error)
    }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe bytes(of: entry)
      if name != [dot] && name != [dot, dot] { names.append(name) }
    }
    return errno == 0 ? .success(names) : .failure(Errno(errno))
  }

  private static let dot = UInt8(ascii: ".")
  private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0

  private static func bytes(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
    let start = unsafe UnsafeRawPointer(entry) + nameOffset
    let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}
