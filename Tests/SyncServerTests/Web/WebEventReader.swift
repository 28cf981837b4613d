import Foundation

/// A page that listens to the events of its session, as a browser's `EventSource` does.
final class WebEventReader {
  struct Event: Equatable {
    let id: Int?
    let name: String
    let data: String
  }

  let client: TestClient
  let head: TestResponse
  private var blocks: [Substring] = []
  private(set) var heartbeats = 0
  private(set) var byteCount = 0

  /// Opens a stream; the answer may be a refusal.
  init(
    _ web: WebFixture,
    _ fields: [String] = [],
    receiveBuffer: Int32? = nil
  ) async throws {
    client = try await TestClient.tcp(port: web.port, receiveBuffer: receiveBuffer)
    let lines = ["Host: \(web.host)", "Accept: text/event-stream"] + fields
    let text = lines.map { $0 + "\r\n" }.joined()
    try await client.send("GET /_session/events HTTP/1.1\r\n\(text)\r\n")
    let (status, fields) = try await client.head()
    head = TestResponse(status: status, fields: fields, body: [])
  }

  /// What the browser sends from now on.
  var cookie: String { "Cookie: " + (head.cookie ?? "") }

  /// The next event; `nil` at the stream's end, which has to be in good order.
  func next() async throws -> Event? {
    while true {
      while blocks.isEmpty {
        guard let part = try await part() else { return nil }
        blocks = part.split(separator: "\n\n")
      }
      var fields: [Substring: Substring] = [:]
      for line in blocks.removeFirst().split(separator: "\n") {
        guard !line.hasPrefix(":") else {
          heartbeats += 1
          continue
        }
        let parts = line.split(separator: ":", maxSplits: 1)
        fields[parts[0]] = parts[1].dropFirst()
      }
      if let name = fields["event"], let data = fields["data"] {
        return Event(id: fields["id"].flatMap { Int($0) }, name: String(name), data: String(data))
      }
    }
  }

  /// The next event of a name; nothing else may come before it.
  func next(_ name: String) async throws -> String? {
    let event = try await next()
    return event?.name == name ? event?.data : event.map { "\($0)" }
  }

  /// The next heartbeat.
  func heartbeat() async throws {
    let count = heartbeats
    while heartbeats == count, let part = try await part() {
      heartbeats += part.split(separator: "\n\n").count { $0.hasPrefix(":") }
    }
  }

  private func part() async throws -> String? {
    let size = try await client.read(through: "\r\n").dropLast()
    guard let count = Int(size, radix: 16) else { throw TestClientError.malformed("\(size)") }
    let text = String(decoding: try await client.read(count: count), as: UTF8.self)
    _ = try await client.read(count: 2)
    byteCount += count
    return count > 0 ? text : nil
  }
}
