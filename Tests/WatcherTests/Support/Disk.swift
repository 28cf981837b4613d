import Glibc

/// Plain file operations on raw paths; what fails, fails silently: torture is not a transaction.
enum Disk {
  static func write(_ path: String, _ content: String, flags: CInt = O_TRUNC) {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644)
    guard file >= 0 else { return }
    _ = content.withCString { Glibc.write(file, $0, strlen($0)) }
    close(file)
  }

  static func folder(_ path: String) { mkdir(path, 0o755) }

  static func folders(_ path: String) {
    for index in path.indices where path[index] == "/" && index != path.startIndex {
      folder(String(path[..<index]))
    }
    folder(path)
  }

  static func move(_ from: String, _ to: String) { rename(from, to) }

  /// RENAME_EXCHANGE, which the module map of the C library leaves out.
  static func exchange(_ one: String, _ other: String) {
    typealias Rename =
      @convention(c) (
        CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt
      ) -> CInt
    guard let symbol = dlsym(nil, "renameat2") else { return }
    _ = unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, one, AT_FDCWD, other, 2)
  }

  static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }

  static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
