internal import Glibc

extension BundleError {
  /// The error of a system call that failed on `path`, from the value of `errno`.
  package static func system(_ number: Int32, doing action: String, path: String) -> BundleError {
    switch number {
    case ENOSPC, EDQUOT:
      let full = number == ENOSPC ? "the file system is full" : "the disk quota is used up"
      return BundleError(
        .diskFull,
        "cannot \(action): \(full)",
        path: path,
        remedy: "nothing was lost, the last bundle stays; free some space"
      )
    default:
      return BundleError(.inputOutput, "cannot \(action) (\(text(number)))", path: path)
    }
  }

  /// The error for a file or folder of the project that cannot be read.
  package static func unreadable(_ number: Int32, isFolder: Bool, path: String) -> BundleError {
    let kind = isFolder ? "folder" : "file"
    let remedy =
      switch number {
      case EACCES, EPERM: "give syncd the right to read it, or move it out of Project"
      case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
      default: "check the disk; the last bundle stays"
      }
    return BundleError(
      .unreadable,
      "the \(kind) cannot be read (\(text(number)))",
      path: path,
      remedy: remedy
    )
  }

  private static func text(_ number: Int32) -> String {
    unsafe String(cString: strerror(number))
  }
}
