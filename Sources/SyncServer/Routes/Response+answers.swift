import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SyncProtocol

extension Response {
  /// A refusal as RFC 9457 has it.
  init(problem: ProblemDetails) {
    self.init(
      status: HTTPResponse.Status(code: problem.status),
      headers: [.contentType: ProblemDetails.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: ProblemAnswer(problem).body))
    )
    if let revision = problem.revision { headers[.eTag] = EntityTag(quoting: revision).text }
    if let seconds = problem.retryAfter { headers[.retryAfter] = "\(seconds)" }
    if problem.problemType == .authenticationRequired { headers[.wwwAuthenticate] = "Bearer" }
  }

  /// A value as one line of JSON.
  init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
    self.init(encoded: ByteBuffer(bytes: try WireJSON.encode(value)), status: status)
  }

  /// A value that is one line of JSON already.
  init(encoded json: ByteBuffer, status: HTTPResponse.Status = .ok) {
    self.init(
      status: status,
      headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: json)
    )
  }
}
