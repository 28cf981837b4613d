import Glibc

/// What the small files of an account have in common: a folder, and a lock beside each.
enum AccountFile {
  /// Makes the folder and takes the lock, which goes when the descriptor is closed.
  ///
  /// - Throws: `ClientError` with code `localFile`.
  static func lock(_ path: String) throws(ClientError) -> Int32 {
    var made = ""
    for component in path.split(separator: "/").dropLast() {
      made += "/" + component
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw failure(path, "written") }
    }
    // A file of its own: the one that is kept is replaced, and a lock on it would go with the old one.
    let lock = open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw failure(path, "locked") }
    while flock(lock, LOCK_EX) != 0 {
      guard errno == EINTR else {
        defer { close(lock) }
        throw failure(path, "locked")
      }
    }
    return lock
  }

  static func failure(
    _ path: String,
    _ what: String,
    _ reason: String = String(cString: strerror(errno))
  ) -> ClientError {
    ClientError(
      .localFile,
      "\(path) cannot be \(what): \(reason); give this account the right and free space."
    )
  }
}
