import NIOCore
import NIOHTTP1
import SyncProtocol

/// An answer that the gate gives itself, without the fields that all answers have.
struct GateAnswer {
  let status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body = ByteBuffer()

  static let preflight = GateAnswer(status: .noContent, headers: AnswerFields.preflight)

  init(status: HTTPResponseStatus, headers: HTTPHeaders, body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A refusal as RFC 9457 has it.
  init(_ problem: ProblemDetails) {
    let body = ByteBuffer(bytes: ProblemAnswer(problem).body)
    var headers: HTTPHeaders = [
      "content-type": ProblemDetails.mediaType, "content-length": "\(body.readableBytes)",
    ]
    switch problem.problemType {
    case .methodNotAllowed: headers.add(name: "allow", value: AnswerFields.methods)
    case .authenticationRequired: headers.add(name: "www-authenticate", value: "Bearer")
    case .upgradeRequired:
      headers.add(name: "upgrade", value: "websocket")
      headers.add(name: "sec-websocket-version", value: "13")
    default: break
    }
    if let seconds = problem.retryAfter { headers.add(name: "retry-after", value: "\(seconds)") }
    self.init(
      status: HTTPResponseStatus(statusCode: problem.status),
      headers: headers,
      body: body
    )
  }

  /// What lies ready, or 304 to whoever has it already.
  init(_ ready: ImmediateRead.Answer, to head: HTTPRequestHead) {
    guard let tag = ready.tag else {
      self.init(status: .ok, headers: Self.fields(of: ready.json), body: ready.json)
      return
    }
    if tag.isHeld(by: head.headers["if-none-match"]) {
      self.init(status: .notModified, headers: ["etag": tag.text])
    } else {
      var headers = Self.fields(of: ready.json)
      headers.add(name: "etag", value: tag.text)
      self.init(status: .ok, headers: headers, body: ready.json)
    }
  }

  private static func fields(of json: ByteBuffer) -> HTTPHeaders {
    ["content-type": "application/json", "content-length": "\(json.readableBytes)"]
  }
}
