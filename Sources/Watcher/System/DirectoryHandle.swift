import Glibc

/// An open folder: names are looked up in exactly this folder, whatever its path leads to by now.
struct DirectoryHandle: ~Copyable {
  /// What is opened a folder for.
  enum Purpose {
    /// To look names up; works without permission to read.
    case lookUp
    /// To list, and to be watched.
    case list

    // O_PATH, which the module map of the C library leaves out.
    private static let pathOnly: CInt = 0o10000000

    var flags: CInt {
      switch self {
      case .lookUp: Self.pathOnly | O_DIRECTORY | O_CLOEXEC
      case .list: O_RDONLY | O_DIRECTORY | O_CLOEXEC
      }
    }
  }

  // Below PATH_MAX by a margin.
  private static let longestPath = 3_500

  let descriptor: CInt

  private init(owning descriptor: CInt) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Opens a folder by its path; a symbolic link in the path is followed.
  static func open(path: String, for purpose: Purpose) throws(SystemError) -> DirectoryHandle {
    let descriptor = unsafe Glibc.open(path, purpose.flags)
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    return DirectoryHandle(owning: descriptor)
  }

  /// Opens a folder below this one.
  ///
  /// A link as the last component is not followed; callers compare the identity, which unmasks one
  /// further up.
  func open(_ path: RawPath, for purpose: Purpose) throws(SystemError) -> DirectoryHandle {
    if path.bytes.isEmpty { return try open(step: [CChar](".".utf8CString), flags: purpose.flags) }
    if path.bytes.count <= Self.longestPath {
      return try open(step: path.cString, flags: purpose.flags | O_NOFOLLOW)
    }
    guard let cut = path.bytes[..<Self.longestPath].lastIndex(of: RawPath.separator) else {
      throw SystemError(code: ENAMETOOLONG)
    }
    let head = try open(RawPath(Array(path.bytes[..<cut])), for: .lookUp)
    return try head.open(RawPath(Array(path.bytes[(cut + 1)...])), for: purpose)
  }

  private func open(step: [CChar], flags: CInt) throws(SystemError) -> DirectoryHandle {
    let result = unsafe openat(descriptor, step, flags)
    guard result >= 0 else { throw SystemError(code: errno) }
    return DirectoryHandle(owning: result)
  }

  /// The folder's own status.
  func status() throws(SystemError) -> FileStatus {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError(code: errno) }
    return FileStatus(status)
  }

  /// What the name leads to; a link is not followed.
  func status(of name: RawPath) throws(SystemError) -> FileStatus {
    var status = stat()
    guard unsafe fstatat(descriptor, name.cString, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw SystemError(code: errno)
    }
    return FileStatus(status)
  }

  /// The names in the folder with what the file system says at once about being a folder; nil where
  /// it does not.
  ///
  /// This handle must be one for listing.
  func entries() throws(SystemError) -> [(name: RawPath, isDirectory: Bool?)] {
    // fdopendir takes the descriptor over, and shares its position: a fresh one it is.
    let listing = try open(step: [CChar](".".utf8CString), flags: Purpose.list.flags)
    guard let stream = unsafe fdopendir(listing.surrender()) else {
      throw SystemError(code: errno)
    }
    defer { unsafe closedir(stream) }
    var found: [(name: RawPath, isDirectory: Bool?)] = []
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw SystemError(code: errno) }
        return found
      }
      let text = unsafe UnsafeRawPointer(entry) + offset
      let length = unsafe strlen(text.assumingMemoryBound(to: CChar.self))
      let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: length))
      guard bytes != [0x2E], bytes != [0x2E, 0x2E] else { continue }
      let type = unsafe Int(entry.pointee.d_type)
      let isDirectory: Bool? = type == Int(DT_UNKNOWN) ? nil : type == Int(DT_DIR)
      found.append((RawPath(bytes), isDirectory))
    }
  }

  /// Gives the descriptor away.
  private consuming func surrender() -> CInt {
    let descriptor = descriptor
    discard self
    return descriptor
  }
}
