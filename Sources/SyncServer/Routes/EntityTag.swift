import HTTPTypes
import Hummingbird
import NIOCore
import ProjectModel
import SyncProtocol

/// A strong entity tag, and the conditions that clients put on it.
struct EntityTag: Hashable, Sendable {
  let text: String

  init(_ digest: Digest) { self.init(quoting: digest.hex) }

  /// Takes what stands between the quotes: no quote, no space, no control character.
  init(quoting content: String) { text = "\"\(content)\"" }

  /// The answer to a read: the value with this tag, or 304 to whoever has it already.
  func answer(_ value: some Encodable, to request: Request) throws -> Response {
    if isHeld(by: request.headers) { return notModified }
    return answer(encoded: ByteBuffer(bytes: try WireJSON.encode(value)), to: request)
  }

  /// The same for a value that is JSON already.
  func answer(encoded json: ByteBuffer, to request: Request) -> Response {
    if isHeld(by: request.headers) { return notModified }
    var response = Response(encoded: json)
    response.headers[.eTag] = text
    return response
  }

  private var notModified: Response { Response(status: .notModified, headers: [.eTag: text]) }

  /// Whether `If-None-Match` says that the client has this already (weak comparison).
  func isHeld(by fields: HTTPFields) -> Bool { isHeld(by: fields[values: .ifNoneMatch]) }

  /// The same for the values of `If-None-Match`.
  func isHeld(by values: [String]) -> Bool {
    EntityTagList(values)?.contains(text, strongly: false) ?? false
  }

  /// Whether the tags of an `If-Match` field name this one (strong comparison).
  func isAmong(_ field: String) -> Bool {
    EntityTagList([field])?.contains(text, strongly: true) ?? false
  }

  /// Whether `If-Range`, if any, lets a `Range` count (strong comparison; a date never does).
  func allowsRange(_ fields: HTTPFields) -> Bool {
    guard let condition = fields[.ifRange] else { return true }
    return condition == text
  }
}
