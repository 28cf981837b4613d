import Bundler
import Glibc
import ProjectModel

/// A file of a component as the file system describes it.
struct InventoryFile: Hashable {
  let path: String
  let size: UInt64
  let inode: UInt64
  /// Nanoseconds of the last changes of the content and of the entry.
  let times: [Int]

  /// The digest of the content, read in pieces; `nil` if it cannot be read.
  func digest() -> Digest? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 131_072)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { return nil }
      guard count > 0 else { return hasher.finish() }
      hasher.update(count == buffer.count ? buffer : Array(buffer[..<count]))
    }
  }
}

/// The files below a path, and what was passed over.
struct InventoryTree: Hashable {
  private(set) var files: [InventoryFile] = []
  /// Symbolic links, which are not followed, and folders that cannot be read.
  private(set) var skipped: [String] = []
  private(set) var isFolder = false

  init(at path: String) {
    isFolder = PrivateItem(at: path)?.kind == .folder
    walk(path)
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    skipped.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func walk(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      let (changed, entry) = (status.st_mtim, status.st_ctim)
      files.append(
        InventoryFile(
          path: path,
          size: UInt64(status.st_size),
          inode: UInt64(status.st_ino),
          times: [changed.tv_sec, changed.tv_nsec, entry.tv_sec, entry.tv_nsec]
        )
      )
    case S_IFDIR:
      guard let found = Self.names(in: path) else {
        skipped.append(path)
        return
      }
      if found.unreadable > 0 { skipped.append(path) }
      for name in found.names { walk(path + "/" + name) }
    default: skipped.append(path)
    }
  }

  /// The names in a folder but `.` and `..`, sorted as bytes, and how many are not UTF-8; `nil` if it
  /// cannot be read.
  static func names(in folder: String) -> (names: [String], unreadable: Int)? {
    guard let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    var unreadable = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name else {
        unreadable += 1
        continue
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return (names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, unreadable)
  }
}
