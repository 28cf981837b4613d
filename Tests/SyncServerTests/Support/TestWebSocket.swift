import Foundation
import SyncProtocol

/// Frames of a WebSocket as a test sends and reads them.
extension TestClient {
  struct Frame: Equatable {
    let opcode: UInt8
    let payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }
    /// The status of a close frame.
    var status: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    /// The `event` of a message.
    var event: String? { object?["event"] as? String }
    var id: String? { object?["id"] as? String }
    private var object: [String: Any]? {
      try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any]
    }
  }

  /// The example of RFC 6455, section 1.3.
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// Asks for a WebSocket and reads the answer's head.
  func openWebSocket(
    host: String,
    path: String = Route.events,
    _ fields: [String] = [],
    version: String = "13",
    key: String? = key
  ) async throws -> TestResponse {
    var text = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: keep-alive, Upgrade\r\n"
    text += "Upgrade: WebSocket\r\nSec-WebSocket-Version: \(version)\r\n"
    if let key { text += "Sec-WebSocket-Key: \(key)\r\n" }
    for field in fields { text += field + "\r\n" }
    try await send(text + "\r\n")
    let (status, fields) = try await head()
    return TestResponse(status: status, fields: fields, body: [])
  }

  func sendFrame(_ first: UInt8, _ payload: [UInt8] = [], isMasked: Bool = true) async throws {
    var bytes = [first]
    let mark: UInt8 = isMasked ? 0x80 : 0
    if payload.count < 126 {
      bytes.append(mark | UInt8(payload.count))
    } else if payload.count <= 0xFFFF {
      bytes += [mark | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    } else {
      bytes += [mark | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
    }
    let mask: [UInt8] = [1, 2, 3, 4]
    if isMasked { bytes += mask }
    bytes += payload.enumerated().map { isMasked ? $1 ^ mask[$0 % 4] : $1 }
    try await send(bytes: bytes)
  }

  func nextFrame() async throws -> Frame {
    let head = try await read(count: 2)
    var length = Int(head[1] & 0x7F)
    if length == 126 {
      length = try await read(count: 2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try await read(count: 8).reduce(0) { $0 << 8 | Int($1) }
    }
    return Frame(opcode: head[0], payload: try await read(count: length))
  }

  /// The next frame of that kind; events in between are passed over.
  func nextFrame(_ opcode: UInt8) async throws -> Frame {
    while true {
      let frame = try await nextFrame()
      if frame.opcode == opcode { return frame }
    }
  }
}
