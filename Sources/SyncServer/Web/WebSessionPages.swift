import Foundation
import NIOHTTP1
import ProjectModel
import Sessions

/// What a page may ask of the session that its browser is in; pages of other origins may not.
struct WebSessionPages: Sendable {
  /// The session as `GET /_session` tells it.
  private struct View: Encodable {
    let info: SessionInfo
    let isGuest: Bool
    let privileges: [String]
    /// In minutes; of web sessions alone, as the date.
    let idleTimeout: Int?
    let expirationDate: String?
  }

  private struct Restore: Decodable {
    let token: String
  }

  let site: WebSite
  let request: WebRequest

  func outcome(of path: WebPath) -> WebOutcome {
    let name = path.isFolder ? nil : path.parts.dropFirst().joined(separator: "/")
    let methods: [HTTPMethod]
    switch name {
    case "", "storage": methods = [.GET, .HEAD]
    case "events": methods = [.GET]
    case "restore", "leave": methods = [.POST]
    default: return .answer(.notFound(request))
    }
    guard methods.contains(request.method) else {
      let allowed = methods.map(\.rawValue).joined(separator: ", ")
      return .answer(.methodNotAllowed(allowed, request))
    }
    guard !request.isForeign else {
      let sentence = "Only a page of this server may ask for the session."
      return .answer(WebAnswer(.forbidden, saying: sentence, to: request))
    }
    do throws(SessionRefusal) {
      switch name {
      case "restore": return restore
      case "leave": return .answer(leave())
      case "storage": return .answer(try read(storage))
      case "events": return try events
      default: return .answer(try read(view))
      }
    } catch {
      return .answer(site.answer(to: error, for: request))
    }
  }

  private func read(
    _ body: (WebVisitor) throws(SessionRefusal) -> WebAnswer
  ) throws(SessionRefusal) -> WebAnswer {
    let visitor = try site.visitorOrGuest(request)
    var answer = try body(visitor)
    site.give(to: visitor, request, in: &answer)
    answer.headers.add(name: "cross-origin-resource-policy", value: "same-origin")
    return answer
  }

  private func view(_ visitor: WebVisitor) throws(SessionRefusal) -> WebAnswer {
    let (sessions, id, caller) = (site.sessions, visitor.visit.session, visitor.caller)
    let isWeb = visitor.visit.kind == .web
    return WebAnswer(
      json: View(
        info: try sessions.info(of: id, for: caller),
        isGuest: try sessions.isGuest(id, for: caller),
        privileges: try sessions.privileges(of: id, for: caller),
        idleTimeout: isWeb ? try sessions.idleTimeout(of: id, for: caller) : nil,
        expirationDate: isWeb ? try sessions.expirationDate(of: id, for: caller).text : nil
      )
    )
  }

  private func storage(_ visitor: WebVisitor) throws(SessionRefusal) -> WebAnswer {
    let storage = try site.sessions.storage(of: visitor.visit.session, for: visitor.caller)
    return WebAnswer(
      .ok,
      ["content-type": "application/json", "etag": "\"\(storage.revision)\""],
      body: storage.value.bytes
    )
  }

  /// A stream for the page, unless its session has ended while it had one: then the browser shall not
  /// come again, nor become a guest by that.
  private var events: WebOutcome {
    get throws(SessionRefusal) {
      guard StreamRequest.acceptsStream(request.headers) else {
        let sentence = "Events are sent as text/event-stream and in no other way."
        return .answer(WebAnswer(.notAcceptable, saying: sentence, to: request))
      }
      if let visitor = site.sessions.visitor(site.cookies(of: request)) { return .events(visitor) }
      guard !request.headers.contains(name: "last-event-id") else {
        return .answer(WebAnswer(.noContent))
      }
      return .events(try site.visitorOrGuest(request))
    }
  }

  private var restore: WebOutcome {
    let type = request.headers.first(name: "content-type")?.prefix { $0 != ";" }
    guard type?.lowercased() == "application/json",
      let body = try? JSONDecoder().decode(Restore.self, from: Data(request.body))
    else {
      let sentence = "The body is a JSON object with a token, sent as application/json."
      return .answer(WebAnswer(.badRequest, saying: sentence, to: request))
    }
    return .redeem(
      WebRedemption(
        passcode: body.token,
        cookie: site.cookies(of: request).first,
        purpose: .restore
      )
    )
  }

  private func leave() -> WebAnswer {
    for cookie in site.cookies(of: request) { site.sessions.leaveWeb(cookie) }
    let field = site.cookie.field(nil, isSecure: request.isSecure)
    return WebAnswer(.noContent, ["set-cookie": field])
  }
}
