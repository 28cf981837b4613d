import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket
import SyncProtocol

/// The first half of a WebSocket: a GET that asks for the upgrade (RFC 6455, section 4.2).
enum WebSocketHandshake {
  /// Whether a request asks for another protocol at all.
  static func isAskedFor(by head: HTTPRequestHead) -> Bool {
    head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
  }

  /// Why the request cannot become a WebSocket, or `nil`.
  static func refusal(of head: HTTPRequestHead) -> ProblemDetails? {
    guard
      head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" })
    else {
      return ProblemDetails(.badRequest, detail: "A WebSocket needs the field Connection: Upgrade.")
    }
    guard head.headers["sec-websocket-version"] == ["13"] else {
      return ProblemDetails(
        .upgradeRequired,
        detail: "A WebSocket here has Sec-WebSocket-Version 13."
      )
    }
    let keys = head.headers["sec-websocket-key"]
    guard keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
      return ProblemDetails(
        .badRequest,
        detail: "Sec-WebSocket-Key is there once and is 16 bytes in base64."
      )
    }
    return nil
  }

  /// The answer that turns the connection over.
  static func answer(
    to head: HTTPRequestHead,
    on channel: any Channel
  ) throws -> ByteBuffer {
    let upgrader = NIOWebSocketServerUpgrader(
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
      upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
    )
    var found: Result<HTTPHeaders, any Error> = .failure(
      ChannelError.inappropriateOperationForState
    )
    // Nothing in it waits, so that on the connection's loop it is done at once.
    upgrader.buildUpgradeResponse(
      channel: channel,
      upgradeRequest: head,
      initialResponseHeaders: [:]
    ).assumeIsolated().whenComplete { found = $0 }
    var text = "HTTP/1.1 101 Switching Protocols\r\n"
    for (name, value) in try found.get() { text += "\(name): \(value)\r\n" }
    return ByteBuffer(string: text + "\r\n")
  }
}
