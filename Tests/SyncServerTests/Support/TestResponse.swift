import Foundation
import SyncProtocol

/// An answer as it came over the wire.
struct TestResponse {
  let status: Int
  let fields: [(name: String, value: String)]
  let body: [UInt8]

  /// The value of a field, several of one name joined by commas.
  subscript(_ name: String) -> String? {
    let values = fields.filter { $0.name == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The problem's type when the answer is a well-formed refusal.
  var problem: ProblemType? {
    guard self["content-type"] == ProblemDetails.mediaType,
      let details = try? WireJSON.decode(ProblemDetails.self, from: body),
      details.status == status, details.detail.hasSuffix(".")
    else { return nil }
    return details.problemType
  }

  func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try WireJSON.decode(type, from: body)
  }
}

extension TestClient {
  /// Sends a request and reads its answer; the connection stays.
  func ask(
    _ method: String,
    _ path: String,
    host: String? = nil,
    _ fields: [String] = [],
    body: String? = nil
  ) async throws -> TestResponse {
    var text = "\(method) \(path) HTTP/1.1\r\n"
    for field in [host.map { "Host: \($0)" }].compactMap(\.self) + fields { text += field + "\r\n" }
    if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
    try await send(text + "\r\n" + (body ?? ""))
    return try await response(isHead: method == "HEAD")
  }

  func response(isHead: Bool = false) async throws -> TestResponse {
    let (status, fields) = try await head()
    let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) }
    let hasBody = !isHead && status != 304 && status != 204
    let body = hasBody ? try await read(count: length ?? 0) : []
    return TestResponse(status: status, fields: fields, body: body)
  }

  /// Reads the head of an answer.
  func head() async throws -> (status: Int, fields: [(name: String, value: String)]) {
    let lines = try await read(through: "\r\n\r\n").split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, let status = Int(words[1]) else {
      throw TestClientError.malformed("\(lines)")
    }
    let fields = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return (
        name: parts[0].lowercased(),
        value: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
      )
    }
    return (status, fields)
  }
}
