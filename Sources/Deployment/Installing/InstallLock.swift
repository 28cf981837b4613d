import Foundation

/// Held by the one start of a client that changes its versions; gone with the process.
final class InstallLock: Sendable {
  static let name = ".lock"

  private let descriptor: Int32

  private static let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW

  /// - Throws: `DeploymentError` with code `busy` when another start has it, `installation` when it
  ///   cannot be taken at all.
  init(_ folder: String) throws(DeploymentError) {
    descriptor = Self.opened("\(folder)/\(Self.name)", in: folder)
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

  /// Opens the file, or makes it for those who may write the folder: whoever could only read it could
  /// lock it, and keep everybody's updates away.
  private static func opened(_ path: String, in folder: String) -> Int32 {
    var place = stat()
    guard stat(folder, &place) == 0 else { return -1 }
    let made = open(path, flags | O_CREAT | O_EXCL, 0o600)
    if made >= 0 {
      give(made, to: place)
      return made
    }
    guard errno == EEXIST else { return -1 }
    let found = open(path, flags)
    // From a version that made it readable for all. Where others write they may have put anything
    // there under this name.
    if found >= 0, place.st_uid == geteuid(), place.st_mode & 0o022 == 0 { fchmod(found, 0o600) }
    return found
  }

  /// Gives a new file to the folder's owner and group, as far as this account can, and lets the group
  /// and others have it where they may write the folder.
  private static func give(_ file: Int32, to place: stat) {
    if fchown(file, place.st_uid, place.st_gid) != 0 {
      _ = fchown(file, UInt32.max, place.st_gid)
    }
    var own = stat()
    var rights: mode_t = 0o600
    if place.st_mode & 0o002 != 0 { rights |= 0o006 }
    if place.st_mode & 0o020 != 0, fstat(file, &own) == 0, own.st_gid == place.st_gid {
      rights |= 0o060
    }
    fchmod(file, rights)
  }

  deinit {
    // A program that is being started holds a copy of the descriptor for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
