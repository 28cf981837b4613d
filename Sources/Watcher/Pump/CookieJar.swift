import Glibc

/// The private folder through which the watching thread is woken, and barriers are marked.
///
/// The kernel keeps the events of all watches in one queue: when the event of a cookie is read,
/// everything that happened before the cookie was made has been read, too.
struct CookieJar: Sendable {
  private static let prefix = "barrier-"
  private static let patience: Duration = .seconds(1)

  let path: String

  /// Makes sure that the folder is there, and empties it of what an earlier run left.
  func prepare() throws(WatcherError) {
    make()
    do throws(SystemError) {
      let folder = try DirectoryHandle.open(path: path, for: .list)
      for entry in try folder.entries() where Self.serial(of: entry.name) != nil {
        _ = unsafe unlinkat(folder.descriptor, entry.name.cString, 0)
      }
    } catch {
      throw unavailable("cannot be used: \(error.text)")
    }
  }

  /// Makes the folder where it is missing.
  func make() { _ = unsafe mkdir(path, 0o700) }

  /// Makes the cookie of a barrier; false when that cannot be done, for want of space for example.
  func make(_ serial: UInt64) -> Bool {
    unsafe mknod(file(serial), S_IFREG | 0o600, 0) == 0
  }

  func remove(_ serial: UInt64) {
    _ = unsafe unlink(file(serial))
  }

  /// Lets the watching thread go round; needs no space on the disk.
  func wake() {
    _ = unsafe utimensat(AT_FDCWD, path, nil, 0)
  }

  /// The serial number, if the name is that of a cookie.
  static func serial(of name: RawPath) -> UInt64? {
    let text = name.text
    guard text.hasPrefix(prefix) else { return nil }
    return UInt64(text.dropFirst(prefix.count))
  }

  /// Proves that the kernel reports what happens in the folder.
  func test(with library: InotifyLibrary) throws(WatcherError) {
    wake()
    let deadline = ContinuousClock.now + Self.patience
    var isLastLook = false
    repeat {
      // Whoever is held up until after the deadline looks once more: it may be the first look.
      isLastLook = ContinuousClock.now >= deadline
      while let event = try? library.nextEvent(waiting: false) {
        if event.mask.contains(.attributes) { return }
      }
      if !isLastLook { _ = poll(nil, 0, 1) }
    } while !isLastLook
    throw unavailable(
      "is on a file system that reports no changes; choose a folder on a local disk"
    )
  }

  func unavailable(_ reason: String) -> WatcherError {
    WatcherError(.cookieDirectoryUnavailable, "The folder \(path) \(reason).")
  }

  private func file(_ serial: UInt64) -> String {
    "\(path)/\(Self.prefix)\(serial)"
  }
}
