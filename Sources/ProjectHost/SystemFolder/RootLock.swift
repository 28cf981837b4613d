import Glibc

/// The lock on the root folder itself: one server a project, whatever its account and state folder.
///
/// A deployed archive is only read; what a server writes is its data folder, and that is locked.
///
/// Nothing is written; where the file system has no such locks there is none.
package struct RootLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock; `folder` is where the project's server would have left its process id.
  ///
  /// - Throws: `HostError` with code `alreadyServed`.
  package init(
    _ location: ProjectLocation,
    folder: SystemFolder,
    dataFolder: String? = nil
  ) throws(HostError) {
    guard let path = location.archive == nil ? location.root : dataFolder else {
      descriptor = -1
      return
    }
    let opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0, flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else {
      descriptor = opened
      return
    }
    close(opened)
    if let holder = SystemFolderLock.holder(of: folder.orEarlier(for: location)) {
      throw HostError(
        .alreadyServed,
        "the process \(holder) serves \(path) already: "
          + "stop it, or use it with `syncd status` and `syncd reload`"
      )
    }
    throw HostError(
      .alreadyServed,
      "another process serves \(path) already, from another account or with another "
        + "--state-dir: stop it first"
    )
  }

  deinit { letGo(of: descriptor) }
}

/// A lock taken for a moment; while it is held no server starts on the folder.
struct BriefLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock; `nil` while a server holds it.
  ///
  /// No server holds what is no lock file: where there is none the folder was never served.
  init?(_ folder: SystemFolder) {
    let opened = open(folder.lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    if opened >= 0, flock(opened, LOCK_EX | LOCK_NB) != 0 {
      close(opened)
      return nil
    }
    descriptor = opened
  }

  /// Lets go of the lock before its end.
  consuming func release() {}

  deinit { letGo(of: descriptor) }
}

private func letGo(of descriptor: Int32) {
  guard descriptor >= 0 else { return }
  // A program that is being started holds a copy of the descriptor for a moment.
  flock(descriptor, LOCK_UN)
  close(descriptor)
}
