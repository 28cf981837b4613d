import ProjectModel
import Sessions

/// Whoever sends a web request, as far as a cookie says it.
struct WebVisitor: Sendable {
  /// The cookie that led to the session.
  let cookie: String
  let visit: WebVisit
  /// Whether the browser does not have the cookie yet.
  let isNew: Bool

  var caller: SessionCaller { .web(visit.session) }
}

extension OpenSessions {
  /// The session that one of a browser's cookies leads to; an id that is not known is nobody's.
  ///
  /// A cookie from before a change of the privileges is replaced: the answer must bring the new one.
  func visitor(_ cookies: [String]) -> WebVisitor? {
    for cookie in cookies {
      guard let visit = visit(cookie) else { continue }
      if visit.needsFreshCookie, let (cookie, visit) = renew(cookie) {
        return WebVisitor(cookie: cookie, visit: visit, isNew: true)
      }
      return WebVisitor(cookie: cookie, visit: visit, isNew: false)
    }
    return nil
  }

  /// Whether web requests of a visitor may do what a rule asks for.
  func admits(_ visitor: WebVisitor?, to demand: WebRules.Demand) -> Bool {
    switch demand {
    case .guest: return true
    case .nobody: return false
    case .privilege(let name):
      guard let visitor else { return false }
      let (visit, caller) = (visitor.visit, visitor.caller)
      // A session that has ended meanwhile has no privilege.
      return (try? hasPrivilege(name, of: visit.session, process: visit.process, for: caller))
        ?? false
    case .allowance(let wanted):
      guard let visitor else {
        return roles.roles.allows(wanted, holding: PrivilegeGrants(), isGuest: true)
      }
      let (visit, caller) = (visitor.visit, visitor.caller)
      return (try? allows(wanted, of: visit.session, process: visit.process, for: caller)) ?? false
    }
  }

  /// Whether nobody has signed in; a browser in a desktop session is no guest.
  func isGuest(_ visitor: WebVisitor?) -> Bool {
    guard let visitor else { return true }
    return (try? isGuest(visitor.visit.session, for: visitor.caller)) ?? true
  }
}
