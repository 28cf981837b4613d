import Glibc
package import SyncProtocol

/// A system call that failed on a file.
package struct FileFailure: Error, Hashable, Sendable {
  /// The value of `errno`.
  package let number: Int32
  /// What was meant to be done, as in "cannot …".
  package let action: String
  package let path: String

  package init(_ number: Int32, _ action: String, _ path: String) {
    self.number = number
    self.action = action
    self.path = path
  }

  /// The sentence without what follows from it.
  package var text: String { "cannot \(action) \(path) (\(String(cString: strerror(number))))" }

  /// What a client is told when an edit could not be written.
  package var problem: ProblemDetails {
    let remedy =
      switch number {
      case ENOSPC, EDQUOT: "free some space"
      case EACCES, EPERM, EROFS: "give the server the right to write there"
      default: "look at the disk"
      }
    return ProblemDetails(
      .internalError,
      detail: "\(text); nothing was changed: \(remedy), then send the edit again"
    )
  }
}
