import Glibc
import NIOCore

/// Keeps a socket from the programs that this process starts.
///
/// NIO does not: a hook that outlives the server would hold its port, and its proven connections.
enum CloseOnExec {
  /// Marks a channel's socket, on the channel's loop.
  static func mark(_ channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
    }
  }
}
