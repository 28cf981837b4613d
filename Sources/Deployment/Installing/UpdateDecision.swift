package import ProjectModel
package import SyncProtocol

/// How a client takes updates, `--update` (4d-domain §8).
package enum UpdatePolicy: String, Hashable, Sendable, CaseIterable {
  case ask
  case always
  case never
}

/// What a client does about its version before it works with a server.
package enum UpdateDecision: Hashable, Sendable {
  case goOn
  /// There is a newer version, and nobody to ask; the client goes on.
  case report(UpdateOffer)
  /// Somebody decides; without the update the client goes on only where it may.
  case ask(UpdateOffer, isCompulsory: Bool)
  case take(UpdateOffer)
  /// The server does not take this version, and there is no update, or it is not wanted.
  case refuse(String)

  /// Weighs the client's version, what the server says and what the user wants.
  ///
  /// - Parameters:
  ///   - client: the client as it runs.
  ///   - versions: those that the server takes; `nil` when it takes all.
  ///   - offer: what the server holds.
  ///   - policy: the user's wish.
  ///   - isWatched: whether somebody can be asked.
  package init(
    of client: ClientApplication,
    _ versions: ClientVersions?,
    _ offer: UpdateOffer?,
    _ policy: UpdatePolicy,
    isWatched: Bool
  ) {
    let fits = versions?.accept(client.version) ?? true
    let newer = offer.flatMap { offer in
      let isNewer = offer.version > client.version && offer.platform == client.platform
      return isNewer && offer.application == client.name ? offer : nil
    }
    guard let newer else {
      self = fits ? .goOn : .refuse(Self.refusal(of: client, versions, remedy: Self.byHand))
      return
    }
    switch (fits, policy) {
    case (_, .always): self = .take(newer)
    case (true, .never): self = .goOn
    case (false, .never):
      let remedy = "come without --update never to take version \(newer.version)"
      self = .refuse(Self.refusal(of: client, versions, remedy: remedy))
    case (_, .ask) where isWatched: self = .ask(newer, isCompulsory: !fits)
    case (true, .ask): self = .report(newer)
    case (false, .ask): self = .take(newer)
    }
  }

  /// What remains when somebody has declined the update.
  package static func declined(
    by client: ClientApplication,
    _ versions: ClientVersions?
  ) -> UpdateDecision {
    guard let versions, !versions.accept(client.version) else { return .goOn }
    return .refuse(refusal(of: client, versions, remedy: "take the update to go on"))
  }

  private static let byHand = "install the client that belongs to the server"

  private static func refusal(
    of client: ClientApplication,
    _ versions: ClientVersions?,
    remedy: String
  ) -> String {
    let range = versions?.words ?? "other versions"
    return "The server of \(client.name) takes clients of \(range), and this is version "
      + "\(client.version): \(remedy)."
  }
}
