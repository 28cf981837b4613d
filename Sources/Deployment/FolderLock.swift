import Foundation

/// A lock on a folder itself, which leaves no file; gone with the process.
///
/// A file system without locks gives it to everybody, and so does a folder that cannot be read.
package final class FolderLock: Sendable {
  package enum Kind: Sendable {
    /// One process has it, and nobody shares it meanwhile.
    case exclusive
    /// Many have it, and nobody has it alone.
    case shared

    fileprivate var operation: Int32 { self == .shared ? LOCK_SH : LOCK_EX }
  }

  private let descriptor: Int32

  /// `nil` when another process stands in the way.
  ///
  /// - Parameters:
  ///   - folder: what is locked.
  ///   - kind: alone or with others.
  ///   - waits: waits for the other one to let it go.
  package init?(_ folder: String, _ kind: Kind = .exclusive, waits: Bool = false) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let operation = waits ? kind.operation : kind.operation | LOCK_NB
    repeat {
      if flock(descriptor, operation) == 0 { return }
    } while errno == EINTR
    guard errno == EWOULDBLOCK else { return }
    close(descriptor)
    return nil
  }

  deinit {
    guard descriptor >= 0 else { return }
    // A program that is being started holds a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Whether a name leads to the folder that is locked, and not to another one that took its place.
  func isOn(_ folder: String) -> Bool {
    descriptor < 0 || FileTree.isOpen(folder, as: descriptor)
  }
}
