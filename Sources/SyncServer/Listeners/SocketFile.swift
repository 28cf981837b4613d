import Foundation
import Glibc

/// The name of a unix socket, held by its folder: as long a path as the file system allows.
///
/// A socket's address has room for 107 bytes; `/proc/self/fd/N/NAME` names the same place in few.
final class SocketFile: Sendable {
  let path: String
  private let name: String
  private let folder: CInt

  /// Opens the folder of `path`; nothing is created or removed yet.
  init(path: String) throws(ServerError) {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    self.path = path
    folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw ServerError(
        .bindFailed,
        "The folder \(parent) of the socket cannot be opened: \(Self.reason()); "
          + "name a folder that exists with --state-dir."
      )
    }
  }

  deinit { close(folder) }

  /// Binds a new socket to the name; nobody listens on it yet.
  ///
  /// A socket that nobody serves any more is replaced. Anything else is left as it is. The members
  /// of `group`, if any, may connect beside this account.
  func bind(group: UInt32? = nil) throws(ServerError) -> CInt {
    try clearStale()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, Self.withAddress(shortPath, { Glibc.bind(descriptor, $0, $1) }) == 0,
      // Until somebody listens nobody can connect, so the mode is never too open.
      fchmodat(folder, name, 0o600, 0) == 0
    else {
      let reason = Self.reason()
      if descriptor >= 0 { close(descriptor) }
      throw ServerError(.bindFailed, "The socket \(path) cannot be made: \(reason).")
    }
    if let group { try share(descriptor, with: group) }
    return descriptor
  }

  private func share(_ descriptor: CInt, with group: UInt32) throws(ServerError) {
    // The group first: with the mode first another group would be let in for a moment.
    guard fchownat(folder, name, uid_t.max, group, AT_SYMLINK_NOFOLLOW) == 0,
      fchmodat(folder, name, 0o660, 0) == 0
    else {
      let reason = Self.reason()
      unlinkat(folder, name, 0)
      close(descriptor)
      throw ServerError(
        .bindFailed,
        "The socket \(path) cannot be given to group \(group): \(reason); "
          + "name with --socket-group a group that this account belongs to."
      )
    }
  }

  /// What the name stands for now, to know it again later.
  func identity() -> Identity? {
    // Symbolic links are not followed.
    let attributes = try? FileManager.default.attributesOfItem(atPath: shortPath)
    guard let attributes, let device = attributes[.systemNumber] as? Int,
      let inode = attributes[.systemFileNumber] as? Int
    else { return nil }
    return Identity(
      device: device,
      inode: inode,
      isSocket: attributes[.type] as? FileAttributeType == .typeSocket
    )
  }

  /// Removes the name when it still stands for the given socket.
  func remove(_ own: Identity) {
    if identity() == own { unlinkat(folder, name, 0) }
  }

  struct Identity: Hashable, Sendable {
    let device: Int
    let inode: Int
    let isSocket: Bool
  }

  private var shortPath: String { "/proc/self/fd/\(folder)/\(name)" }

  private func clearStale() throws(ServerError) {
    guard let found = identity() else { return }
    guard found.isSocket else {
      throw ServerError(
        .socketNameTaken,
        "\(path) is not a socket and is left alone; move it away or name another --state-dir."
      )
    }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(probe) }
    let connected = Self.withAddress(shortPath) { connect(probe, $0, $1) }
    guard connected != 0 else {
      let holder = Self.peer(of: probe).map { " (pid \($0))" } ?? ""
      throw ServerError(
        .socketInUse,
        "Another server\(holder) serves the socket \(path); stop it or name another --state-dir."
      )
    }
    guard errno == ECONNREFUSED else {
      throw ServerError(.bindFailed, "The socket \(path) cannot be asked: \(Self.reason()).")
    }
    remove(found)
  }

  private static func peer(of descriptor: CInt) -> pid_t? {
    var credentials = PeerAccount.Credentials()
    var length = socklen_t(MemoryLayout<PeerAccount.Credentials>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
      return nil
    }
    return credentials.pid
  }

  private static func withAddress(
    _ path: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard path.utf8.count < room.count else { return false }
      room.copyBytes(from: path.utf8)
      return true
    }
    guard fits else {
      errno = ENAMETOOLONG
      return -1
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
