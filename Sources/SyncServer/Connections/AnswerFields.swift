import NIOHTTP1

/// Header fields that answers have whatever they say.
enum AnswerFields {
  /// The methods that any resource here may have.
  static let methods = "DELETE, GET, HEAD, POST, PUT"

  private static let usual: [(name: String, value: String)] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
  ]

  private static let own = usual + [("cross-origin-resource-policy", "same-origin")]

  /// What keeps a browser from making more of an answer than it is; `origin` is a configured one
  /// whose page may read it.
  ///
  /// No `strict-transport-security`: it would bind every other service of the same host name.
  static func security(for origin: String?) -> [(name: String, value: String)] {
    guard let origin else { return own }
    return usual + [
      ("cross-origin-resource-policy", "cross-origin"), ("access-control-allow-origin", origin),
      ("access-control-expose-headers", "ETag, Location, Retry-After, Content-Range"),
      ("vary", "Origin"),
    ]
  }

  /// The answer to a browser's question before a request of an allowed origin.
  static let preflight: HTTPHeaders = [
    "access-control-allow-methods": methods,
    "access-control-allow-headers":
      "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID, Prefer, Range",
    "access-control-max-age": "600",
  ]
}
