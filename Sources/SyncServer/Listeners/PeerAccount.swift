import Glibc
import NIOCore

/// The account of the process at the other end of a unix socket, as the kernel vouches for it.
struct PeerAccount: Sendable {
  /// `struct ucred`, which the C library shows to GNU sources alone.
  struct Credentials {
    var pid: pid_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
  }

  /// `SO_PEERGROUPS`, which the C library's headers do not name for Swift.
  private static let peerGroups: CInt = 59

  let user: UInt32
  /// Its own group and every further one, where they were asked for.
  let groups: Set<UInt32>

  /// Asks the kernel, on the connection's loop.
  ///
  /// - Returns: `nil` when the kernel does not say, which counts as a foreign account.
  static func of(_ channel: any Channel, withGroups: Bool) -> PeerAccount? {
    let pipeline = channel.pipeline.syncOperations
    return try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
      PeerAccount(descriptor: $0, withGroups: withGroups)
    } ?? nil
  }

  private init?(descriptor: CInt, withGroups: Bool) {
    var credentials = Credentials()
    var length = socklen_t(MemoryLayout<Credentials>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
      return nil
    }
    user = credentials.uid
    groups =
      withGroups ? Self.furtherGroups(of: descriptor).union([credentials.gid]) : []
  }

  private static func furtherGroups(of descriptor: CInt) -> Set<UInt32> {
    // The most that Linux lets a process have.
    var groups = [gid_t](repeating: 0, count: 65_536)
    var length = socklen_t(groups.count * MemoryLayout<gid_t>.size)
    guard getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &length) == 0 else { return [] }
    return Set(groups.prefix(Int(length) / MemoryLayout<gid_t>.size))
  }
}
