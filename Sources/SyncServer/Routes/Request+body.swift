import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ProjectModel
import SyncProtocol

/// How many bytes a request's body may have.
enum BodyLimit {
  static let usual = 64 * 1024

  static func of(_ path: some StringProtocol) -> Int {
    switch String(path) {
    case Route.barriers: 1024 * 1024
    case Route.catalogOperations, Route.directoryOperations: 4 * 1024 * 1024
    default: usual
    }
  }

  static func refusal(for path: some StringProtocol) -> ProblemDetails {
    ProblemDetails(.tooLarge, detail: "A request's body has at most \(of(path)) bytes here.")
  }
}

extension Request {
  /// The body, whole.
  func bytes() async throws -> ByteBuffer {
    if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
      throw ProblemDetails(.badRequest, detail: "A request's body may not be compressed.")
    }
    do {
      return try await body.collect(upTo: BodyLimit.of(uri.path))
    } catch is NIOTooManyBytesError {
      throw BodyLimit.refusal(for: uri.path)
    }
  }

  /// The body as a JSON object; `empty` stands for none, and `shape` says in a refusal what the
  /// object holds.
  func json<Value: Decodable>(
    _ type: Value.Type,
    empty: Value? = nil,
    shape: String
  ) async throws -> Value {
    let body = try await bytes()
    if body.readableBytes == 0, let empty { return empty }
    do {
      return try WireJSON.decode(type, from: body.readableBytesView)
    } catch let error as DecodingError {
      throw Self.unreadable(shape, error.sentence(on: body.readableBytesView))
    } catch let error as UnreadableOperation {
      let place = error.number.map { "operation \($0): " } ?? ""
      throw Self.unreadable(shape, place + error.text)
    }
  }

  private static func unreadable(_ shape: String, _ sentence: String) -> ProblemDetails {
    ProblemDetails(.badRequest, detail: "The body is a JSON object with \(shape); \(sentence).")
  }
}
