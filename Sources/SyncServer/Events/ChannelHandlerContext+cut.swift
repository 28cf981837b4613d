import Glibc
import NIOCore

extension ChannelHandlerContext {
  /// Ends the connection at once, without a word; what its client has not taken is thrown away.
  func cut() {
    guard let socket = channel as? any SocketOptionProvider else { return close(promise: nil) }
    // Otherwise the kernel would keep the bytes, and the end behind them, for a client that is stuck.
    socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
      self.close(promise: nil)
    }
  }
}
