/// The kinds of refusal that the API knows, with their HTTP status: the registry of `type` values.
package enum ProblemType: String, Sendable, Codable, CaseIterable {
  case badRequest = "bad-request"
  case building
  case draining
  case hostNotAllowed = "host-not-allowed"
  case methodNotAllowed = "method-not-allowed"
  case notFound = "not-found"
  case originNotAllowed = "origin-not-allowed"
  case sameMachineOnly = "same-machine-only"
  case tooLarge = "too-large"
  case trimmed
  case internalError = "internal-error"

  package var status: Int {
    switch self {
    case .badRequest: 400
    case .sameMachineOnly, .originNotAllowed: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .trimmed: 410
    case .tooLarge: 413
    case .hostNotAllowed: 421
    case .internalError: 500
    case .building, .draining: 503
    }
  }

  package var title: String {
    switch self {
    case .badRequest: "The request cannot be understood"
    case .building: "The first generation is still being built"
    case .draining: "The server is shutting down"
    case .hostNotAllowed: "The Host header names another server"
    case .internalError: "The server failed"
    case .methodNotAllowed: "The resource does not take this method"
    case .notFound: "There is no such resource"
    case .originNotAllowed: "The Origin header names a foreign page"
    case .sameMachineOnly: "Only the unix socket may ask this"
    case .tooLarge: "The request is too large"
    case .trimmed: "The generation is no longer kept"
    }
  }
}

/// A refusal as the API tells it: RFC 9457, `application/problem+json`.
package struct ProblemDetails: Error, Hashable, Sendable, Codable {
  /// `urn:syncd:problem:` and the type's name.
  package let type: String
  package let title: String
  package let status: Int
  /// One sentence: what, where, what to do.
  package let detail: String

  package static let mediaType = "application/problem+json"
  private static let prefix = "urn:syncd:problem:"

  package init(_ type: ProblemType, detail: String) {
    self.type = Self.prefix + type.rawValue
    title = type.title
    status = type.status
    self.detail = detail
  }

  /// The registered type, or `nil` for one that this version does not know.
  package var problemType: ProblemType? {
    type.hasPrefix(Self.prefix)
      ? ProblemType(rawValue: String(type.dropFirst(Self.prefix.count))) : nil
  }
}

extension ProblemDetails: CustomStringConvertible {
  package var description: String { detail }
}
