import NIOCore

/// How a client is told of events on a connection of its own; the messages are the same.
enum StreamTransport: Hashable, Sendable {
  case serverSentEvents
  case webSocket

  /// What ends a stream in good order.
  var end: ByteBuffer {
    switch self {
    // The end of a chunked body.
    case .serverSentEvents: ByteBuffer(string: "0\r\n\r\n")
    case .webSocket: WebSocketBytes.goingAway
    }
  }
}
