import SyncProtocol

/// An event as a client reads it.
struct TestEvent {
  let id: EventID?
  let event: ServerEvent?
  let retry: Int?
}

extension TestClient {
  /// Opens an event stream and reads the answer's head.
  func openEvents(
    path: String = Route.events,
    host: String,
    _ fields: [String] = []
  ) async throws -> TestResponse {
    var text = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n"
    for field in fields { text += field + "\r\n" }
    try await send(text + "\r\n")
    let (status, fields) = try await head()
    return TestResponse(status: status, fields: fields, body: [])
  }

  /// Reads the next block of the stream, which here is one chunk; `nil` at the stream's end.
  func nextBlock() async throws -> TestEvent? {
    let size = try await read(through: "\r\n").dropLast()
    guard let count = Int(size, radix: 16) else { throw TestClientError.malformed("\(size)") }
    let text = String(decoding: try await read(count: count), as: UTF8.self)
    _ = try await read(count: 2)
    guard count > 0 else { return nil }
    guard text.hasSuffix("\n\n") else { throw TestClientError.malformed(text) }
    var fields: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      fields[parts[0]] = parts[1].dropFirst()
    }
    return TestEvent(
      id: fields["id"].flatMap { EventID($0) },
      event: try fields["event"].flatMap {
        try ServerEvent(name: String($0), data: Array((fields["data"] ?? "").utf8))
      },
      retry: fields["retry"].flatMap { Int($0) }
    )
  }

  /// Reads the next event that is no heartbeat.
  func nextEvent() async throws -> TestEvent? {
    while let block = try await nextBlock() {
      if let event = block.event, event != .bookmark { return block }
    }
    return nil
  }
}
