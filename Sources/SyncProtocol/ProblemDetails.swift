package import ProjectModel

/// The kinds of refusal that the API knows, with their HTTP status: the registry of `type` values.
package enum ProblemType: String, Sendable, Codable, CaseIterable {
  case apiUnsupported = "api-unsupported"
  case authenticationRequired = "auth-required"
  case badRequest = "bad-request"
  case building
  case conflict
  case connectionRefused = "connection-refused"
  case developmentModeRefused = "dev-mode-refused"
  case draining
  case hostNotAllowed = "host-not-allowed"
  case internalError = "internal-error"
  case locked
  case methodNotAllowed = "method-not-allowed"
  case notAcceptable = "not-acceptable"
  case notAccepting = "not-accepting"
  case noSeat = "no-seat"
  case notFound = "not-found"
  case originNotAllowed = "origin-not-allowed"
  case pairingRequired = "pairing-required"
  case preconditionRequired = "precondition-required"
  case rangeNotSatisfiable = "range-not-satisfiable"
  case readOnly = "read-only"
  case revisionMismatch = "revision-mismatch"
  case sameMachineOnly = "same-machine-only"
  case semanticInvalid = "semantic-invalid"
  case tooLarge = "too-large"
  case tooMany = "too-many"
  case trimmed
  case upgradeRequired = "upgrade-required"
  case versionRefused = "version-refused"

  package var status: Int {
    switch self {
    case .badRequest, .apiUnsupported: 400
    case .authenticationRequired: 401
    case .connectionRefused, .sameMachineOnly, .originNotAllowed, .developmentModeRefused,
      .pairingRequired, .versionRefused:
      403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .conflict, .readOnly: 409
    case .trimmed: 410
    case .revisionMismatch: 412
    case .tooLarge: 413
    case .rangeNotSatisfiable: 416
    case .hostNotAllowed: 421
    case .semanticInvalid: 422
    case .locked: 423
    case .upgradeRequired: 426
    case .preconditionRequired: 428
    case .tooMany: 429
    case .internalError: 500
    case .building, .draining, .notAccepting, .noSeat: 503
    }
  }

  package var title: String {
    switch self {
    case .apiUnsupported: "Client and server speak different versions"
    case .authenticationRequired: "A user and a password, or a session, are needed"
    case .badRequest: "The request cannot be understood"
    case .building: "The first generation is still being built"
    case .conflict: "It cannot be done as things are"
    case .connectionRefused: "The server does not accept this connection"
    case .developmentModeRefused: "The development mode is not for this client"
    case .draining: "The server is shutting down"
    case .hostNotAllowed: "The Host header names another server"
    case .internalError: "The server failed"
    case .locked: "Somebody else has it"
    case .methodNotAllowed: "The resource does not take this method"
    case .notAcceptable: "The answer's type is not accepted"
    case .notAccepting: "The server takes no new clients"
    case .noSeat: "All seats are taken"
    case .notFound: "There is no such resource"
    case .originNotAllowed: "The Origin header names a foreign page"
    case .pairingRequired: "Only the application's own client gets in"
    case .preconditionRequired: "The request names no revision"
    case .rangeNotSatisfiable: "The range is outside of the bundle"
    case .readOnly: "This client may only read"
    case .revisionMismatch: "There is a newer revision"
    case .sameMachineOnly: "Only the server's own machine may ask this"
    case .semanticInvalid: "What is asked for breaks a rule"
    case .tooLarge: "The request is too large"
    case .tooMany: "Too many requests"
    case .trimmed: "The generation is no longer kept"
    case .upgradeRequired: "The upgrade needs another version"
    case .versionRefused: "The server does not take this version of the client"
    }
  }
}

/// A refusal as the API tells it: RFC 9457, `application/problem+json`.
package struct ProblemDetails: Error, Hashable, Sendable, Codable {
  /// Why an owned file cannot be edited.
  package enum Reason: String, Hashable, Sendable, Codable {
    case externalFileInvalid = "external-file-invalid"
    case mergeMarkers = "merge-markers"
    /// Somebody else is writing the file: git, an editor.
    case busy
    /// The id of an operation was used for another one.
    case opIDReused = "op-id-reused"
  }

  /// `urn:syncd:problem:` and the type's name.
  package let type: String
  package let title: String
  package let status: Int
  /// One sentence: what, where, what to do.
  package let detail: String
  /// With `conflict`.
  package var reason: Reason?
  /// With `revision-mismatch`: the current revision.
  package var revision: String?
  /// With `revision-mismatch`: the elements that both sides changed, where they are known.
  package var conflicts: [String]?
  /// With `semantic-invalid` and `conflict`: the broken rules with their elements and lines.
  package var problems: [Problem]?
  /// With `locked`: the lock that is in the way.
  package var lock: LockRecord?
  /// With `connection-refused`: the exit status of the operator's hook, as 4D's `$status`.
  package var exitStatus: Int?
  /// With `too-many`: seconds after which to try again.
  package var retryAfter: Int?

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
