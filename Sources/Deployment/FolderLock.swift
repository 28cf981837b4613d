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

  /// How long those who need a folder only for a moment are waited for.
  ///
  /// Everybody who can read a folder can lock it, and nobody may keep others waiting for ever.
  package static let patience = Duration.seconds(5)

  private static let pause = Duration.milliseconds(20)

  private let descriptor: Int32

  /// `nil` when another process stands in the way.
  ///
  /// - Parameters:
  ///   - folder: what is locked.
  ///   - kind: alone or with others.
  package init?(_ folder: String, _ kind: Kind = .exclusive) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    repeat {
      if flock(descriptor, kind.operation | LOCK_NB) == 0 { return }
    } while errno == EINTR
    guard errno == EWOULDBLOCK else { return }
    close(descriptor)
    return nil
  }

  /// Locks a folder, and waits for the other process that stands in the way.
  ///
  /// What takes the folder's place meanwhile is locked instead.
  ///
  /// - Parameters:
  ///   - folder: what is locked.
  ///   - kind: alone or with others.
  ///   - limit: how long the other process is waited for.
  /// - Returns: `nil` when it is still there after that time.
  /// - Throws: `CancellationError`.
  package static func take(
    _ folder: String,
    _ kind: Kind,
    within limit: Duration = patience
  ) async throws -> FolderLock? {
    let end = ContinuousClock().now + limit
    while true {
      if let lock = FolderLock(folder, kind), lock.isOn(folder) { return lock }
      guard ContinuousClock().now < end else { return nil }
      try await Task.sleep(for: pause)
    }
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
