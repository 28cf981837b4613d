/// A git directory whose `index.lock` says whether git is changing files.
final class GitFolder {
  static let lockName = RawPath("index.lock")
  static let marker = RawPath(".git")

  let path: String
  let handle: DirectoryHandle
  let watch: CInt?
  var lockedSince: ContinuousClock.Instant?

  init(path: String, handle: consuming DirectoryHandle, watch: CInt?) {
    self.path = path
    self.handle = handle
    self.watch = watch
  }

  /// Looks whether the lock is there.
  ///
  /// One that was removed and made again is a new one.
  func look(lockIsNew: Bool) {
    let isThere = (try? handle.status(of: Self.lockName)) != nil
    if !isThere {
      lockedSince = nil
    } else if lockedSince == nil || lockIsNew {
      lockedSince = .now
    }
  }

  var lock: GitLock? {
    lockedSince.map { GitLock(path: path + "/" + Self.lockName.text, since: $0) }
  }
}
