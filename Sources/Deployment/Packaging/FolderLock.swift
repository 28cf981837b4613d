import Foundation

/// A lock on a folder itself, which leaves no file; gone with the process.
final class FolderLock: Sendable {
  private let descriptor: Int32

  /// `nil` when another process has it.
  ///
  /// A file system without locks gives it to everybody.
  ///
  /// - Parameters:
  ///   - folder: what is locked.
  ///   - waits: waits for the other one to let it go.
  init?(_ folder: String, waits: Bool = false) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    guard flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else {
      return
    }
    close(descriptor)
    return nil
  }

  deinit {
    guard descriptor >= 0 else { return }
    // A program that is being started holds a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
