import CInotifyTools
import Glibc

/// The only user of libinotifytools, whose state is global and not thread-safe: one instance at a
/// time, all calls on one thread.
///
/// Its recursive watches, its names and its statistics are not used; each of them loses changes,
/// or crashes, when folders are renamed or made anew.
final class InotifyLibrary {
  /// What came of the attempt to watch a folder.
  enum Registration {
    case watch(CInt)
    /// The user may have no further watches.
    case limitReached
    case failed(SystemError)
  }

  private var isOpen = false
  // Names a record; never used twice.
  private var serial: UInt64 = 1
  /// Records that the library keeps of folders that are no more.
  private(set) var deadRecords = 0

  init() throws(WatcherError) {
    try open()
  }

  deinit {
    close()
  }

  /// Gives all watches up and begins afresh.
  func restart() throws(WatcherError) {
    close()
    try open()
  }

  private func close() {
    guard isOpen else { return }
    inotifytools_cleanup()
    isOpen = false
  }

  private func open() throws(WatcherError) {
    let before = Self.inotifyDescriptors()
    guard inotifytools_initialize() != 0 else {
      let reason = SystemError(code: inotifytools_error())
      if reason.code == EMFILE {
        let limit = inotifytools_get_max_user_instances()
        throw WatcherError(
          .instanceLimitReached,
          "The limit of inotify instances (\(limit)) or of open files is reached; raise "
            + "fs.inotify.max_user_instances with sysctl, or the limit of open files."
        )
      }
      throw WatcherError(.libraryUnusable, "inotify cannot be used: \(reason.text).")
    }
    // The library opens its descriptor so that children inherit it, and does not tell which it is.
    let opened = Self.inotifyDescriptors().subtracting(before)
    for descriptor in opened { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    isOpen = true
    deadRecords = 0
    // It waits with select, which the C library ends the process for beyond this number.
    if let highest = opened.max(), highest >= FD_SETSIZE {
      close()
      throw WatcherError(
        .libraryUnusable,
        "inotify got descriptor \(highest), and libinotifytools works below \(FD_SETSIZE) only; "
          + "start the watcher before so many files and sockets are opened."
      )
    }
    // What an earlier instance left unread would be taken for events of new watches.
    while let event = unsafe inotifytools_next_events(0, 1) { unsafe _ = event }
  }

  /// Watches the folder behind the descriptor.
  ///
  /// By its handle, so that exactly this folder is watched, whatever its path; the serial number,
  /// spelled in "/" and "./", makes every name unique, so that the library's index of names never
  /// holds one twice.
  func watch(_ folder: CInt) -> Registration {
    var path = "/proc/self/fd/\(folder)/"
    var rest = serial
    while rest > 0 {
      path += rest & 1 == 1 ? "./" : "/"
      rest >>= 1
    }
    serial += 1
    guard unsafe inotifytools_watch_file(path, CInt(bitPattern: WatchEvent.Mask.all.rawValue)) != 0
    else {
      let error = SystemError(code: inotifytools_error())
      return error.code == ENOSPC ? .limitReached : .failed(error)
    }
    let watch = unsafe inotifytools_wd_from_filename(path)
    return watch > 0 ? .watch(watch) : .failed(SystemError(code: EINVAL))
  }

  /// Ends a watch that is alive.
  func remove(_ watch: CInt) {
    if inotifytools_remove_watch_by_wd(watch) == 0 { deadRecords += 1 }
  }

  /// Takes note that the kernel ended a watch: the library never forgets its record.
  func countDeadRecord() {
    deadRecords += 1
  }

  /// The next event; nil when there is none now, or when waiting was interrupted.
  func nextEvent(waiting: Bool) throws(SystemError) -> WatchEvent? {
    guard let raw = unsafe inotifytools_next_events(waiting ? -1 : 0, 1) else {
      let code = inotifytools_error()
      guard code == 0 || code == EINTR else { throw SystemError(code: code) }
      return nil
    }
    let header = unsafe raw.pointee
    var name: [UInt8] = []
    if header.len > 0 {
      let text = unsafe UnsafeRawPointer(raw) + MemoryLayout<inotify_event>.size
      let length = unsafe strnlen(text.assumingMemoryBound(to: CChar.self), Int(header.len))
      name = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: length))
    }
    return WatchEvent(
      watch: header.wd,
      mask: WatchEvent.Mask(rawValue: header.mask),
      cookie: header.cookie,
      name: RawPath(name)
    )
  }

  static var watchLimit: Int { Int(inotifytools_get_max_user_watches()) }

  private static func inotifyDescriptors() -> Set<CInt> {
    guard let folder = try? DirectoryHandle.open(path: "/proc/self/fd", for: .list),
      let entries = try? folder.entries()
    else { return [] }
    var found: Set<CInt> = []
    for entry in entries {
      var target = [CChar](repeating: 0, count: 64)
      let length = unsafe readlinkat(
        folder.descriptor,
        entry.name.cString,
        &target,
        target.count
      )
      let bytes = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
      let text = String(decoding: bytes, as: UTF8.self)
      if text == "anon_inode:inotify", let number = CInt(entry.name.text) { found.insert(number) }
    }
    return found
  }
}
