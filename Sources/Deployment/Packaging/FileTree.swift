import Foundation

/// Files and folders of a package: copied, written with their rights, synced.
enum FileTree {
  /// What a system call or Foundation said.
  struct Failure: Error {
    let path: String
    let reason: String
  }

  private static var files: FileManager { .default }

  static func makeFolder(_ path: String) throws(Failure) {
    try attempt(path) {
      try files.createDirectory(
        atPath: path,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o755]
      )
    }
  }

  static func write(_ bytes: [UInt8], to path: String, mode: Int = 0o644) throws(Failure) {
    try attempt(path) {
      try Data(bytes).write(to: URL(filePath: path))
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
  }

  static func write(_ text: String, to path: String, mode: Int = 0o644) throws(Failure) {
    try write(Array(text.utf8), to: path, mode: mode)
  }

  static func setMode(_ mode: Int, of path: String) throws(Failure) {
    try attempt(path) { try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path) }
  }

  static func copyFile(_ source: String, to path: String, mode: Int = 0o644) throws(Failure) {
    try attempt(path) {
      try files.copyItem(atPath: source, toPath: path)
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
  }

  /// Copies a folder with what is in it, as far as `includes` has the paths below it.
  ///
  /// Symbolic links and special files are not followed. Files keep their rights, but for those of
  /// others to write.
  ///
  /// - Returns: the paths below `source` that were left out for what they are.
  @discardableResult
  static func copyFolder(
    _ source: String,
    to path: String,
    where includes: (String) -> Bool = { _ in true }
  ) throws(Failure) -> [String] {
    try makeFolder(path)
    var leftOut: [String] = []
    for (name, type) in try entries(of: source) where includes(name) {
      switch type {
      case .typeDirectory:
        leftOut += try copyFolder("\(source)/\(name)", to: "\(path)/\(name)") {
          includes("\(name)/\($0)")
        }.map { "\(name)/\($0)" }
      case .typeRegular:
        let file = "\(source)/\(name)"
        let mode = try attempt(file) {
          try files.attributesOfItem(atPath: file)[.posixPermissions] as? Int ?? 0o644
        }
        try copyFile(file, to: "\(path)/\(name)", mode: mode & 0o755)
      default: leftOut.append(name)
      }
    }
    return leftOut
  }

  /// What is in a folder, in the order of the names.
  static func entries(
    of folder: String
  ) throws(Failure) -> [(name: String, type: FileAttributeType)] {
    try attempt(folder) {
      try files.contentsOfDirectory(atPath: folder).sorted().map { name in
        let attributes = try files.attributesOfItem(atPath: "\(folder)/\(name)")
        return (name, attributes[.type] as? FileAttributeType ?? .typeUnknown)
      }
    }
  }

  static func exists(_ path: String) -> Bool {
    (try? files.attributesOfItem(atPath: path)) != nil
  }

  static func isFile(_ path: String) -> Bool {
    (try? files.attributesOfItem(atPath: path)[.type] as? FileAttributeType) == .typeRegular
  }

  static func isFolder(_ path: String) -> Bool {
    (try? files.attributesOfItem(atPath: path)[.type] as? FileAttributeType) == .typeDirectory
  }

  /// Whether a file system begins at a folder.
  static func isMountPoint(_ path: String) -> Bool {
    var own = stat()
    var above = stat()
    guard stat(path, &own) == 0, stat(path + "/..", &above) == 0 else { return false }
    return own.st_dev != above.st_dev || own.st_ino == above.st_ino
  }

  /// Whether a name leads to what is open, and not to something that took its place.
  static func isOpen(_ path: String, as descriptor: Int32) -> Bool {
    var opened = stat()
    var named = stat()
    guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0 else { return false }
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
  }

  /// Removes whatever is there; that nothing is, is fine.
  static func remove(_ path: String) throws(Failure) {
    guard exists(path) else { return }
    try attempt(path) { try files.removeItem(atPath: path) }
  }

  /// Bytes of a file; `nil` where there is none.
  static func size(of path: String) -> Int? {
    (try? files.attributesOfItem(atPath: path)[.size]) as? Int
  }

  /// Bytes that this account may still write at a place; `nil` where the system does not say.
  static func freeSpace(at path: String) -> Int? {
    let found = try? files.attributesOfFileSystem(forPath: path)[.systemFreeSize]
    return found as? Int ?? (found as? UInt64).map { Int(clamping: $0) }
  }

  /// Waits until a folder with all that is in it is on the disk.
  ///
  /// - Throws: `Failure` also for what is neither a file nor a folder, nor a link where these may be.
  static func sync(_ folder: String, allowsLinks: Bool = false) throws(Failure) {
    for (name, type) in try entries(of: folder) {
      let path = "\(folder)/\(name)"
      switch type {
      case .typeDirectory: try sync(path, allowsLinks: allowsLinks)
      case .typeRegular: try syncItem(path)
      case .typeSymbolicLink where allowsLinks: break
      default: throw Failure(path: path, reason: "it is neither a file nor a folder")
      }
    }
    try syncItem(folder)
  }

  /// Syncs a file, or the names in a folder.
  static func syncItem(_ path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw system(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw system(path) }
  }

  /// Gives an item another name in one step; what has the name is replaced.
  static func rename(_ old: String, to new: String) throws(Failure) {
    guard Foundation.rename(old, new) == 0 else { throw system(new) }
  }

  /// Has two items change their names in one step.
  static func exchange(_ one: String, with other: String) throws(Failure) {
    typealias Call =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    // The C library's module map leaves it out; from rename(2).
    let exchange: UInt32 = 2
    guard let call = dlsym(nil, "renameat2").map({ unsafeBitCast($0, to: Call.self) }) else {
      throw Failure(path: other, reason: "this system cannot exchange two folders")
    }
    guard call(AT_FDCWD, one, AT_FDCWD, other, exchange) == 0 else { throw system(other) }
  }

  /// Points a name at a target, relative to its folder, in one step.
  static func link(_ path: String, to target: String) throws(Failure) {
    let unfinished = unfinished(path)
    try remove(unfinished)
    guard symlink(target, unfinished) == 0 else { throw system(path) }
    try rename(unfinished, to: path)
  }

  /// The name of a link that does not have its own yet.
  static func unfinished(_ link: String) -> String { link + ".syncd-new" }

  /// The target of a symbolic link as it is written; `nil` where there is none.
  static func target(of link: String) -> String? {
    try? files.destinationOfSymbolicLink(atPath: link)
  }

  private static func system(_ path: String) -> Failure {
    Failure(path: path, reason: String(cString: strerror(errno)))
  }

  private static func attempt<Value>(
    _ path: String,
    _ body: () throws -> Value
  ) throws(Failure) -> Value {
    do { return try body() } catch let failure as Failure {
      throw failure
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw Failure(
        path: path,
        reason: (cause ?? error as NSError).localizedDescription.withoutFullStop
      )
    }
  }
}
