import SyncProtocol

/// Splits the bytes of a `text/event-stream` into messages, as the HTML standard says.
package struct EventStreamParser {
  package struct Message: Hashable, Sendable {
    package var event = "message"
    package var data: [UInt8] = []
    /// The last `id:` seen on the stream so far.
    package var id: String?
  }

  /// A line longer than this ends the stream: the server is not what it says.
  package static let longestLine = 1 << 20

  private var line: [UInt8] = []
  private var message = Message()
  private var hasData = false
  private var lastID: String?
  private var skipsNewline = false

  package init() {}

  /// Takes the next bytes, in pieces of any size.
  ///
  /// - Returns: the messages that they complete.
  /// - Throws: `ClientError` for a line without end.
  package mutating func feed(_ bytes: some Sequence<UInt8>) throws(ClientError) -> [Message] {
    var messages: [Message] = []
    for byte in bytes {
      if skipsNewline {
        skipsNewline = false
        if byte == 0x0A { continue }
      }
      if byte == 0x0A || byte == 0x0D {
        skipsNewline = byte == 0x0D
        if let message = endLine() { messages.append(message) }
      } else if line.count == Self.longestLine {
        throw ClientError(
          .connection,
          "The event stream has a line of over 1 MB: not a syncd server?"
        )
      } else {
        line.append(byte)
      }
    }
    return messages
  }

  private mutating func endLine() -> Message? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else { return dispatch() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "event": message.event = String(decoding: value, as: UTF8.self)
    case "data":
      if hasData { message.data.append(0x0A) }
      message.data += value
      hasData = true
    case "id" where !value.contains(0): lastID = String(decoding: value, as: UTF8.self)
    default: break
    }
    return nil
  }

  private mutating func dispatch() -> Message? {
    defer {
      message = Message()
      hasData = false
    }
    guard hasData else { return nil }
    message.id = lastID
    return message
  }
}
