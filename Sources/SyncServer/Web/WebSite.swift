import NIOHTTP1
import Sessions
import SyncProtocol

/// What the web listener answers, decided from the request, the rules and the sessions at once; what
/// has to wait comes after it.
struct WebSite: Sendable {
  /// What is below it is this server's own and no file.
  static let ownPart = "_session"
  /// The one that is asked most, for every request of another server.
  private static let check = "/_session/check"

  let sessions: OpenSessions
  let rules: WebRuleDesk
  let cookie: WebCookie

  /// Whether a proxy asks.
  func isCheck(_ request: WebRequest) -> Bool { request.target.path == Self.check }

  func outcome(of request: WebRequest) -> WebOutcome {
    if isCheck(request) { return WebCheck(site: self, request: request).outcome }
    guard let path = WebPath(request.target.path) else { return .answer(.notFound(request)) }
    let isPassing = request.method == .GET && request.mayChangeSession
    if isPassing, let query = PasscodeQuery(target: request.target.resource) {
      return redeem(query, for: request)
    }
    if path.parts.first == Self.ownPart {
      return WebSessionPages(site: self, request: request).outcome(of: path)
    }
    guard request.method == .GET || request.method == .HEAD else {
      return .answer(.methodNotAllowed("GET, HEAD", request))
    }
    return page(path, for: request)
  }

  /// The step to a passcode's session; a browser that only looks ahead must come again.
  func redeem(_ query: PasscodeQuery, for request: WebRequest) -> WebOutcome {
    guard !request.isPrefetch else {
      let sentence = "An address with a passcode is not fetched in advance."
      return .answer(WebAnswer(.serviceUnavailable, saying: sentence, to: request))
    }
    return .redeem(
      WebRedemption(
        passcode: query.passcode,
        cookie: cookies(of: request).first,
        purpose: .redirect(to: OwnPlace.of(query.remainder))
      )
    )
  }

  /// The ids that a browser claims to have.
  func cookies(of request: WebRequest) -> [String] {
    // More of one name come from somebody who tries.
    Array(
      request.headers["cookie"].flatMap { cookie.values(in: $0) }.prefix(4)
    )
  }

  /// The answer once a passcode was looked at; one that was not valid changes nothing.
  func answer(
    to redemption: WebRedemption,
    _ result: (cookie: String, visit: WebVisit)?,
    for request: WebRequest
  ) -> WebAnswer {
    var answer: WebAnswer =
      switch redemption.purpose {
      case .redirect(let place): .seeOther(place)
      case .restore: WebAnswer(json: ["restored": result != nil])
      }
    if let result { give(result.cookie, to: request, in: &answer) }
    return answer
  }

  /// The answer to who was wrong too often.
  func answer(to refusal: SessionRefusal, for request: WebRequest) -> WebAnswer {
    let problem = ProblemDetails(refusal)
    let status = HTTPResponseStatus(statusCode: problem.status)
    var answer = WebAnswer(status, saying: refusal.text, to: request)
    if let seconds = problem.retryAfter {
      answer.headers.add(name: "retry-after", value: "\(seconds)")
    }
    return answer
  }

  func give(_ value: String, to request: WebRequest, in answer: inout WebAnswer) {
    let field = cookie.field(value, isSecure: request.isSecure)
    answer.headers.add(name: "set-cookie", value: field)
  }

  /// Gives a browser the cookie that it does not have yet.
  func give(to visitor: WebVisitor, _ request: WebRequest, in answer: inout WebAnswer) {
    if visitor.isNew { give(visitor.cookie, to: request, in: &answer) }
  }

  /// The browser's session; a guest's is opened for one without.
  ///
  /// - Throws: `tooManySessions`.
  func visitorOrGuest(_ request: WebRequest) throws(SessionRefusal) -> WebVisitor {
    if let visitor = sessions.visitor(cookies(of: request)) { return visitor }
    let (cookie, visit) = try sessions.openWeb(address: request.address)
    return WebVisitor(cookie: cookie, visit: visit, isNew: true)
  }

  // MARK: Pages

  /// A file, for who may see it; a session is used by this, and none is opened: a file runs no code.
  private func page(_ path: WebPath, for request: WebRequest) -> WebOutcome {
    let rules = rules.current
    // A folder shows its index page, and must not show it around a rule for that page.
    let demands = Set([path, path.file(index: WebFolder.index)].map { rules.demand(on: $0) })
    let visitor = sessions.visitor(cookies(of: request))
    guard demands.allSatisfy({ sessions.admits(visitor, to: $0) }) else {
      let login = rules.isLogin(path) ? nil : rules.login
      var answer = refusal(of: request, to: visitor, login: login)
      if let visitor { give(to: visitor, request, in: &answer) }
      return .answer(answer)
    }
    let cookie = visitor.flatMap { $0.isNew ? $0.cookie : nil }
    return .file(path, isPrivate: demands != [.guest] || cookie != nil, cookie: cookie)
  }

  private func refusal(
    of request: WebRequest,
    to visitor: WebVisitor?,
    login: String?
  ) -> WebAnswer {
    if let login, request.wantsPage, sessions.isGuest(visitor) {
      let next = OwnPlace.escaped(request.target.resource)
      return .seeOther("\(login)?next=\(next)")
    }
    return WebAnswer(.forbidden, saying: "This page is not for you.", to: request)
  }
}
