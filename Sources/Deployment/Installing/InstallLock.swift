import Foundation

/// Held by the one start of a client that changes its versions; gone with the process.
final class InstallLock: Sendable {
  static let name = ".lock"

  private let descriptor: Int32

  /// - Throws: `DeploymentError` with code `busy` when another start has it, `installation` when it
  ///   cannot be taken at all.
  init(_ folder: String) throws(DeploymentError) {
    descriptor = open("\(folder)/\(Self.name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw DeploymentError(
        .installation,
        "\(folder) cannot be written: \(String(cString: strerror(errno))). Whoever installed the "
          + "client updates it."
      )
    }
    // Whoever replaced the folder meanwhile has another file there: that one is asked the next time.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0,
      FileTree.isOpen("\(folder)/\(Self.name)", as: descriptor)
    else {
      close(descriptor)
      throw DeploymentError(
        .busy,
        "Another start of this client installs an update just now: try again in a minute."
      )
    }
  }

  deinit {
    // A program that is being started holds a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
