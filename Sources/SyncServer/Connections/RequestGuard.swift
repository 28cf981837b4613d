import NIOHTTP1
import SyncProtocol

/// Refuses what a foreign web page could send here: DNS rebinding and cross-site requests.
///
/// The one place where `Host`, `Origin` and `Sec-Fetch-Site` are looked at, for every request.
struct RequestGuard: Sendable {
  private let extra: [Authority]

  init(allowedHosts: [String]) { extra = allowedHosts.compactMap { Authority($0) } }

  /// Why a request that came in on `port` is refused, or `nil`.
  func refusal(of head: HTTPRequestHead, target: RequestTarget, port: Int) -> ProblemDetails? {
    let hosts = head.headers["host"]
    guard hosts.count == 1, let host = hosts.first else {
      return ProblemDetails(
        .badRequest,
        detail: "A request carries exactly one Host header, and this one has \(hosts.count)."
      )
    }
    for name in [host, target.authority].compactMap(\.self) {
      guard let authority = Authority(name) else {
        return ProblemDetails(.badRequest, detail: "The Host header is not HOST[:PORT].")
      }
      guard isOurs(authority, port: port) else {
        return ProblemDetails(
          .hostNotAllowed,
          detail: "This server is not called \(authority.host); ask for localhost:\(port), "
            + "or start it with the name among its allowed hosts."
        )
      }
    }
    return foreignPage(head.headers, host: target.authority ?? host)
  }

  private func isOurs(_ authority: Authority, port: Int) -> Bool {
    // A URL without a port means 80.
    if authority.isLoopback { return (authority.port ?? 80) == port }
    return extra.contains { allowed in
      guard allowed.host == authority.host else { return false }
      guard let fixed = allowed.port else { return authority.port == nil || authority.port == port }
      return fixed == authority.port
    }
  }

  private func foreignPage(_ headers: HTTPHeaders, host: String) -> ProblemDetails? {
    let own = ["http://", "https://"].map { $0 + host.lowercased() }
    guard headers["origin"].allSatisfy({ own.contains($0.lowercased()) }) else {
      return ProblemDetails(
        .originNotAllowed,
        detail: "A page of another origin may not ask this server."
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
