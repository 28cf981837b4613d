import NIOHTTP1
import Sessions

/// The question of a proxy before it serves a page: who the browser is, and whether it may see that.
///
/// nginx asks with `auth_request`, Caddy with `forward_auth`, Traefik with `ForwardAuth`. The
/// privilege, or what is done to which resource, stands in the question, or follows from the rules for the address that the browser
/// asked for.
struct WebCheck: Sendable {
  let site: WebSite
  let request: WebRequest

  var outcome: WebOutcome {
    let named = named
    // Whichever of them the proxy does not set itself may come from the browser.
    guard named.count < 2 else {
      let sentence = "X-Original-URI and X-Forwarded-Uri are both there: which one counts?"
      return .answer(WebAnswer(.forbidden, saying: sentence, to: request))
    }
    let original = named.first.map { RequestTarget($0) }
    if let original, original.resource.utf8.contains(UInt8(ascii: "?")), method == .GET,
      let query = PasscodeQuery(target: original.resource), request.mayChangeSession
    {
      return site.redeem(query, for: request)
    }
    let demands: [WebRules.Demand]
    let login: String?
    do throws(WebQuestion.Failure) {
      let question = try WebQuestion(request.target)
      if let named = question.demands {
        demands = named
      } else {
        demands = try self.demands(original)
      }
      login = question.login
    } catch {
      return .answer(WebAnswer(.badRequest, saying: error.sentence, to: request))
    }
    do throws(SessionRefusal) {
      return .answer(try answer(demands, login: login))
    } catch {
      return .answer(site.answer(to: error, for: request))
    }
  }

  /// What the browser asked the proxy for.
  private var named: [String] {
    guard request.isProxied else { return [] }
    return ["x-original-uri", "x-forwarded-uri"].flatMap { request.headers[$0] }
  }

  private var method: HTTPMethod {
    guard request.isProxied else { return request.method }
    let named = ["x-original-method", "x-forwarded-method"].flatMap { request.headers[$0] }
    return named.first.map { HTTPMethod(rawValue: $0) } ?? request.method
  }

  /// What the rules ask for where the question names nothing itself.
  private func demands(
    _ original: RequestTarget?
  ) throws(WebQuestion.Failure) -> [WebRules.Demand] {
    let rules = site.rules.current
    if rules == .open { return [] }
    guard let original else {
      throw WebQuestion.Failure(
        sentence: "Name a privilege or a resource, or let X-Original-URI say what was asked for: "
          + "from an address that --web-proxy names."
      )
    }
    return [WebPath(original.path).map { rules.demand(on: $0) } ?? .nobody]
  }

  private func answer(
    _ demands: [WebRules.Demand],
    login: String?
  ) throws(SessionRefusal) -> WebAnswer {
    let visitor = try visitor()
    guard demands.allSatisfy({ site.sessions.admits(visitor, to: $0) }) else {
      var answer = refusal(of: visitor, login: login)
      if let visitor { site.give(to: visitor, request, in: &answer) }
      return answer
    }
    var answer = WebAnswer(.noContent, try fields(of: visitor))
    if let visitor { site.give(to: visitor, request, in: &answer) }
    return answer
  }

  /// Nothing is opened for a question that no person sees the answer of.
  private func visitor() throws(SessionRefusal) -> WebVisitor? {
    if let visitor = site.sessions.visitor(site.cookies(of: request)) { return visitor }
    return method == .HEAD || request.isPrefetch ? nil : try site.visitorOrGuest(request)
  }

  /// Who it is, for the server behind the proxy; every field is always there, so that none that the
  /// browser sends itself passes for ours.
  private func fields(of visitor: WebVisitor?) throws(SessionRefusal) -> HTTPHeaders {
    var values = ["", "", "", ""]
    if let visitor {
      let (sessions, id, caller) = (site.sessions, visitor.visit.session, visitor.caller)
      values = [
        id.text, visitor.visit.kind.rawValue,
        Self.escaped(try sessions.userName(of: id, for: caller)),
        // One that has a comma in its name must not be read as two.
        try sessions.privileges(of: id, for: caller)
          .map { Self.escaped($0, besides: UInt8(ascii: ",")) }.joined(separator: ","),
      ]
    }
    let names = ["syncd-session", "syncd-session-type", "syncd-user", "syncd-privileges"]
    return HTTPHeaders(zip(names, values).map { ($0, $1) })
  }

  private static func escaped(_ text: String, besides mark: UInt8 = UInt8(ascii: "%")) -> String {
    PercentCode.encode(text) { byte in
      (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%") && byte != mark
    }
  }

  /// 401 for whom signing in could help, 403 for the others; or the way to the login.
  private func refusal(of visitor: WebVisitor?, login: String?) -> WebAnswer {
    guard site.sessions.isGuest(visitor) else {
      return WebAnswer(.forbidden, saying: "This page is not for you.", to: request)
    }
    if let login { return .seeOther(OwnPlace.of(login)) }
    var answer = WebAnswer(.unauthorized, saying: "Sign in to see this page.", to: request)
    answer.headers.add(
      name: "www-authenticate",
      value: "Cookie cookie-name=\"\(site.cookie.name)\""
    )
    return answer
  }
}
