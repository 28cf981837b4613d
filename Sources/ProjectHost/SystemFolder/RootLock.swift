import Glibc

/// The lock on the root folder itself: one server a project, whatever its account and state folder.
///
/// Nothing is written; where the file system has no such locks there is none.
package struct RootLock: ~Copyable {
  private let descriptor: Int32

  /// - Throws: `HostError` with code `alreadyServed`.
  package init(_ location: ProjectLocation) throws(HostError) {
    let opened = open(location.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0, flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else {
      descriptor = opened
      return
    }
    close(opened)
    throw HostError(
      .alreadyServed,
      "another process serves \(location.root) already, from another account or with another "
        + "--state-dir: stop it first"
    )
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

/// A lock taken for a moment; while it is held no server starts on the folder.
struct BriefLock: ~Copyable {
  private let descriptor: Int32

  /// `nil` while a server holds it; a folder without a lock file was never served.
  init?(_ folder: SystemFolder) {
    let opened = open(folder.lock, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    if opened < 0, errno != ENOENT { return nil }
    if opened >= 0, flock(opened, LOCK_EX | LOCK_NB) != 0 {
      close(opened)
      return nil
    }
    descriptor = opened
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
