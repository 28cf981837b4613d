import ProjectModel

/// The number of a process inside its session, counted from 1 and never used again.
package typealias ProcessNumber = Int

/// One connection of a session, or one piece of server-side work.
package struct SessionProcess: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// A connection of the session's client.
    case client
    /// A stream of events.
    case events
    /// A browser that shares the session.
    case web
    /// A lifecycle hook.
    case hook
    /// Another program on the server's machine.
    case script
  }

  /// A privilege that the process has for a while (4d-domain §9.2, `promote`).
  struct Promotion: Hashable, Sendable {
    let id: Int
    let privilege: String
  }

  /// The number of a session's client itself.
  package static let clientNumber: ProcessNumber = 1

  package let number: ProcessNumber
  package let name: String
  package let kind: Kind
  /// When it began, ISO 8601.
  package let since: String
  /// The hash of the secret by which the process proves who it is.
  var pass: Digest?
  private var promotions: [Promotion] = []
  private var lastPromotion = 0

  init(number: ProcessNumber, name: String, kind: Kind, since: String) {
    self.number = number
    self.name = name
    self.kind = kind
    self.since = since
  }

  /// What the promotions stand for.
  var promoted: PrivilegeGrants { PrivilegeGrants(privileges: promotions.map(\.privilege)) }

  /// - Returns: the promotion's id; 0 when the process has the privilege already.
  mutating func promote(_ privilege: String) -> Int {
    let folded = privilege.lowercased()
    guard !promotions.contains(where: { $0.privilege == folded }) else { return 0 }
    lastPromotion += 1
    promotions.append(Promotion(id: lastPromotion, privilege: folded))
    return lastPromotion
  }

  /// Takes one promotion back; an id that is not known changes nothing.
  mutating func demote(_ id: Int) { promotions.removeAll { $0.id == id } }
}

/// A process wherever it is: what holds a lease.
package struct ProcessReference: Hashable, Sendable {
  package let session: SessionID
  package let number: ProcessNumber

  package init(session: SessionID, number: ProcessNumber) {
    self.session = session
    self.number = number
  }
}
