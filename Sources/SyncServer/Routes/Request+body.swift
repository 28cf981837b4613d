import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
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
      throw ProblemDetails(
        .badRequest,
        detail: "The body is a JSON object with \(shape); \(error.sentence)."
      )
    }
  }
}

extension DecodingError {
  /// Where the text is wrong and how, without any of its values.
  fileprivate var sentence: String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(Self.place(context)) has no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(Self.place(context)) has another type than it should"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: "this is no JSON"
    case .dataCorrupted(let context): "\(Self.place(context)) is not understood"
    @unknown default: "it is not understood"
    }
  }

  private static func place(_ context: Context) -> String {
    guard !context.codingPath.isEmpty else { return "the object" }
    let names = context.codingPath.map { key in
      key.intValue.map { "\($0)" } ?? String(key.stringValue.prefix(60))
    }
    return names.joined(separator: "/")
  }
}
