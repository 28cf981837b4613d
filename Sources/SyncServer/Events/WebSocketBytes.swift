import NIOCore
import NIOWebSocket

/// Whole frames of a server, which are not masked, so that one encoding serves every client.
enum WebSocketBytes {
  /// A text message in one frame.
  static func text(_ payload: ByteBuffer) -> ByteBuffer { frame(.text, payload) }

  /// Close with status 1001: the server goes away, or has ended the session.
  static let goingAway: ByteBuffer = {
    var payload = ByteBuffer()
    payload.write(webSocketErrorCode: .goingAway)
    return frame(.connectionClose, payload)
  }()

  private static func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.reserveCapacity(payload.readableBytes + 10)
    bytes.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
    switch payload.readableBytes {
    case ...125: bytes.writeInteger(UInt8(payload.readableBytes))
    case ...0xFFFF:
      bytes.writeInteger(UInt8(126))
      bytes.writeInteger(UInt16(payload.readableBytes))
    default:
      bytes.writeInteger(UInt8(127))
      bytes.writeInteger(UInt64(payload.readableBytes))
    }
    bytes.writeImmutableBuffer(payload)
    return bytes
  }
}
