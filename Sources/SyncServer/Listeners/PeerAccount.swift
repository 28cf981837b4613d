import Glibc
import NIOCore

/// The account of the process at the other end of a unix socket, as the kernel vouches for it.
enum PeerAccount {
  /// `struct ucred`, which the C library shows to GNU sources alone.
  struct Credentials {
    var pid: pid_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
  }

  /// - Returns: `nil` when the kernel does not say, which counts as a foreign account.
  static func user(of channel: any Channel) -> EventLoopFuture<UInt32?> {
    guard let provider = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededFuture(nil)
    }
    let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
      level: .socket,
      name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    )
    return credentials.map { $0.uid }.recover { _ in nil }
  }
}
