import NIOCore
import SyncProtocol

/// How a client is told of events on a connection of its own; the messages are the same.
enum StreamTransport: Hashable, Sendable {
  case serverSentEvents
  case webSocket

  /// How the list of clients calls it.
  var word: ClientConnection.Transport {
    switch self {
    case .serverSentEvents: .serverSentEvents
    case .webSocket: .webSocket
    }
  }

  /// What ends a stream in good order.
  var end: ByteBuffer {
    switch self {
    // The end of a chunked body.
    case .serverSentEvents: ByteBuffer(string: "0\r\n\r\n")
    case .webSocket: WebSocketBytes.goingAway
    }
  }
}
