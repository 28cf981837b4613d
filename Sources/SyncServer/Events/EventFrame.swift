import Foundation
import NIOCore
import SyncProtocol

/// An event as it goes over the wire: encoded once, shared by every client.
///
/// The bytes are an HTTP/1.1 chunk around the fields of a server-sent event.
struct EventFrame: Sendable {
  let topic: EventTopic
  let bytes: ByteBuffer

  init(_ event: ServerEvent, id: EventID) throws {
    var text = "id: \(id)\nevent: \(event.name)\ndata: "
    text += String(decoding: try event.encodedData(), as: UTF8.self)
    text += "\n\n"
    topic = EventTopic(event)
    bytes = Self.chunk(text)
  }

  /// The end of a chunked body.
  static let end = ByteBuffer(string: "0\r\n\r\n")

  static func chunk(_ text: String) -> ByteBuffer {
    ByteBuffer(string: String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
  }
}
