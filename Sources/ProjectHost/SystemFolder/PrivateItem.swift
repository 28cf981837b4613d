import Bundler
import Glibc

/// What lies at a path of the system folder, links not followed.
struct PrivateItem: Hashable {
  enum Kind: Hashable { case folder, file, socket, link, other }

  /// What a folder stays when it is moved.
  struct Identity: Hashable, Codable {
    let device: UInt64
    let inode: UInt64
  }

  let kind: Kind
  /// The permission bits.
  let mode: UInt32
  let owner: UInt32
  let group: UInt32
  let identity: Identity

  /// `nil` where nothing is, or nothing can be seen.
  init?(at path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: kind = .folder
    case S_IFREG: kind = .file
    case S_IFSOCK: kind = .socket
    case S_IFLNK: kind = .link
    default: kind = .other
    }
    mode = status.st_mode & 0o7777
    owner = status.st_uid
    group = status.st_gid
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Whether the path is known to be gone, which is more than that it cannot be seen.
  static func isGone(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }
}

extension SystemFolder {
  /// Refuses what is not our folder, and gives it its rights.
  func secure(_ path: String, group: UInt32?) throws(HostError) -> [String] {
    guard let item = PrivateItem(at: path) else { throw Self.failure(path, errno) }
    guard item.kind == .folder else {
      throw HostError(
        .stateFolder,
        "\(path) is \(item.kind == .link ? "a symbolic link" : "no folder"), where syncd keeps a "
          + "folder of its own: move it away, or name another folder with --state-dir"
      )
    }
    guard item.owner == geteuid() else {
      throw HostError(
        .stateFolder,
        "\(path) belongs to another account (uid \(item.owner)): "
          + "run syncd as that account, or name another folder with --state-dir"
      )
    }
    // The group first: for a moment nobody may pass, instead of the wrong group.
    if let group, item.group != group, chown(path, uid_t.max, group) != 0 {
      throw HostError(
        .stateFolder,
        "\(path) cannot be given to the group \(group) (\(String(cString: strerror(errno)))): "
          + "make this account a member of it"
      )
    }
    let mode: UInt32 = group == nil ? 0o700 : 0o710
    guard item.mode != mode else { return [] }
    guard chmod(path, mode) == 0 else { throw Self.failure(path, errno) }
    // From private to group and back is a change of the options, no damage.
    guard item.mode & 0o067 != 0 || item.mode & 0o700 != 0o700 else { return [] }
    return [
      "\(path) had the rights \(String(item.mode, radix: 8)) and has \(String(mode, radix: 8)) again"
    ]
  }
}

/// Small files that this account alone may read.
enum PrivateFile {
  /// Replaces the file in one step.
  static func write(_ bytes: [UInt8], to path: String) throws(HostError) {
    do {
      try SmallFile.replace(path, with: bytes)
    } catch {
      throw SystemFolder.failure(path, error.number)
    }
  }

  /// At most 64 KB; `nil` for what is missing, larger, a link or no file.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_537)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0, count < bytes.count else { return nil }
    return Array(bytes[..<count])
  }
}
