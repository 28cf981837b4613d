import NIOHTTP1
import ProjectModel
import Sessions

/// A whole request to the web listener, and who it is from.
struct WebRequest: Sendable {
  let method: HTTPMethod
  let target: RequestTarget
  let headers: HTTPHeaders
  let body: [UInt8]
  /// The address of the browser: a trusted proxy's word, or the connection's other end.
  let address: String
  /// Whether the browser's own connection is encrypted.
  let isSecure: Bool
  /// Whether a proxy that may speak for browsers sent it.
  let isProxied: Bool

  /// Makes a request; `peer` is the connection's other end, and `isTrusted` says that it may be a
  /// proxy.
  init(
    _ head: HTTPRequestHead,
    target: RequestTarget,
    body: [UInt8] = [],
    peer: String,
    isTrusted: Bool,
    isSecure: Bool
  ) {
    method = head.method
    self.target = target
    headers = head.headers
    self.body = body
    isProxied = isTrusted
    guard isTrusted else {
      address = peer
      self.isSecure = isSecure
      return
    }
    // Each proxy adds at the end whom it has seen itself; what stands before is hearsay.
    let seen = head.headers[canonicalForm: "x-forwarded-for"].last
    address = seen.map { IPAddress($0) == nil ? peer : String($0) } ?? peer
    let proto = head.headers[canonicalForm: "x-forwarded-proto"].last
    self.isSecure = proto.map { $0.lowercased() == "https" } ?? isSecure
  }

  /// Whether a person would see the answer.
  var wantsPage: Bool {
    method != .HEAD && headers["accept"].contains { $0.contains("text/html") }
  }

  /// Whether the browser only looks ahead, should the answer ever be needed.
  var isPrefetch: Bool {
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"].flatMap { headers[$0] }
    return !PasscodeQuery.isTaken(method: "GET", purposes: purposes)
  }

  /// Whether this may be the browser's own step to another page, or a request of one of our pages.
  ///
  /// A picture in somebody else's page is neither.
  var mayChangeSession: Bool {
    let modes = headers["sec-fetch-mode"]
    return modes.isEmpty || modes == ["navigate"] || headers["sec-fetch-site"] == ["same-origin"]
  }

  /// Whether a browser sent this for a page that is not ours.
  var isForeign: Bool {
    let own = (isSecure ? "https" : "http") + "://" + (headers.first(name: "host") ?? "")
    return !headers["origin"].allSatisfy { $0.lowercased() == own.lowercased() }
      || !headers["sec-fetch-site"].allSatisfy { ["same-origin", "none"].contains($0) }
  }
}
