import NIOCore
import NIOHTTP1
import SyncProtocol

/// Refuses what a foreign web page could send here: DNS rebinding and cross-site requests.
///
/// The one place where `Host`, `Origin` and `Sec-Fetch-Site` are looked at, for every request.
struct RequestGuard: Sendable {
  private let extra: Set<Authority>
  /// What follows the `*` of a certificate's wildcard: it stands for one label.
  private let wildcards: [String]
  private let origins: Set<String>
  private let isSecure: Bool

  private var scheme: String { isSecure ? "https" : "http" }

  /// Makes the rules of a listener; with `isSecure` loopback names count only where `allowedHosts`
  /// has them, as a certificate's names.
  init(allowedHosts: [String], allowedOrigins: [String] = [], isSecure: Bool = false) {
    // An IPv6 address has brackets in a `Host` field, and none in a certificate.
    let hosts = allowedHosts.map { name in
      (try? SocketAddress(ipAddress: name, port: 0).protocol) == .inet6 ? "[\(name)]" : name
    }
    extra = Set(hosts.compactMap { Authority($0) })
    wildcards = hosts.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()).lowercased() }
    origins = Set(allowedOrigins.map { $0.lowercased() })
    self.isSecure = isSecure
  }

  /// Why a request that came in on `local` is refused, or `nil`.
  func refusal(
    of head: HTTPRequestHead,
    target: RequestTarget,
    local: SocketAddress?
  ) -> ProblemDetails? {
    hostRefusal(of: head, target: target, local: local)
      ?? foreignPage(head.headers, host: target.authority ?? head.headers.first(name: "host") ?? "")
  }

  /// Why a request is refused for the name that it calls the server by, whatever page sent it.
  func hostRefusal(
    of head: HTTPRequestHead,
    target: RequestTarget,
    local: SocketAddress?
  ) -> ProblemDetails? {
    let hosts = head.headers["host"]
    guard hosts.count == 1, let host = hosts.first else {
      return ProblemDetails(
        .badRequest,
        detail: "A request carries exactly one Host header, and this one has \(hosts.count)."
      )
    }
    let port = local?.port ?? 0
    for name in [host, target.authority].compactMap(\.self) {
      guard let authority = Authority(name) else {
        return ProblemDetails(.badRequest, detail: "The Host header is not HOST[:PORT].")
      }
      guard isOurs(authority, port: port) || isAddress(authority, local, port: port) else {
        return ProblemDetails(
          .hostNotAllowed,
          detail: "This server is not called \(authority); "
            + (isSecure ? "ask for its address, " : "ask for localhost:\(port), ")
            + "or start it with --allow-host \(authority)."
        )
      }
    }
    return nil
  }

  /// The origin of the request's page, where the operator has allowed it.
  func allowedOrigin(of headers: HTTPHeaders) -> String? {
    guard !origins.isEmpty else { return nil }
    let named = headers["origin"]
    guard named.count == 1, let origin = named.first, origins.contains(origin.lowercased()) else {
      return nil
    }
    return origin
  }

  private func isOurs(_ authority: Authority, port: Int) -> Bool {
    let asked = authority.port ?? (isSecure ? 443 : 80)
    // As for the near end of a tunnel, whose port is another one.
    if extra.contains(authority) { return true }
    if !isSecure, authority.isLoopback { return asked == port }
    guard authority.port == nil || asked == port else { return false }
    if extra.contains(authority.portless) { return true }
    guard let dot = authority.host.firstIndex(of: "."), dot != authority.host.startIndex else {
      return false
    }
    return wildcards.contains { authority.host[dot...] == $0 }
  }

  /// Whether a numeric host is the very address that the request came in on: no name server has a
  /// say in that.
  private func isAddress(_ authority: Authority, _ local: SocketAddress?, port: Int) -> Bool {
    guard isSecure, (authority.port ?? 443) == port, let own = local?.bareAddress else {
      return false
    }
    return (try? SocketAddress(ipAddress: authority.bareHost, port: 0))?.bareAddress == own
  }

  private func foreignPage(_ headers: HTTPHeaders, host: String) -> ProblemDetails? {
    if allowedOrigin(of: headers) != nil { return nil }
    let own = "\(scheme)://\(host.lowercased())"
    guard headers["origin"].allSatisfy({ $0.lowercased() == own }) else {
      return ProblemDetails(
        .originNotAllowed,
        detail: "A page of another origin may not ask this server; "
          + "--allow-origin names those that may."
      )
    }
    guard headers["sec-fetch-site"].allSatisfy({ $0.lowercased() != "cross-site" }) else {
      return ProblemDetails(
        .originNotAllowed,
        detail: "A browser sent this request for a page of another site."
      )
    }
    return nil
  }
}
