import Foundation
import NIOCore
import SyncProtocol

/// An event as it goes over the wire: encoded once, shared by every client.
struct EventFrame: Sendable {
  let id: EventID
  let topic: EventTopic
  /// For clients that want some kinds alone.
  let kind: TopicFilter
  /// The one client that it is for; `nil` for everybody.
  let recipient: String?
  /// Whether nothing follows it on its recipient's streams.
  let isLast: Bool
  /// The message as one object: a WebSocket's text, an element of a long-poll's answer.
  let json: ByteBuffer
  private let chunk: ByteBuffer
  private let webSocketFrame: ByteBuffer

  init(_ event: ServerEvent, id: EventID) throws {
    let data = String(decoding: try event.encodedData(), as: UTF8.self)
    self.id = id
    topic = EventTopic(event, id)
    kind = TopicFilter(of: event)
    recipient = event.recipient
    isLast = if case .session = event { true } else { false }
    json = ByteBuffer(string: "{\"data\":\(data),\"event\":\"\(event.name)\",\"id\":\"\(id)\"}")
    chunk = Self.chunk("id: \(id)\nevent: \(event.name)\ndata: \(data)\n\n")
    webSocketFrame = WebSocketBytes.text(json)
  }

  var isMessage: Bool { if case .message = topic { true } else { false } }

  /// The bytes that bring the event to a client of that transport.
  func bytes(for transport: StreamTransport) -> ByteBuffer {
    switch transport {
    case .serverSentEvents: chunk
    case .webSocket: webSocketFrame
    }
  }

  /// A part of a chunked body.
  static func chunk(_ text: String) -> ByteBuffer {
    ByteBuffer(string: String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
  }
}
