import ProjectModel
import SyncProtocol
import Synchronization

/// What is answered to a datagram, and to whom nothing is.
final class DiscoveryAnswers: Sendable {
  private let publication: Publication
  private let project: any ServedProject
  private let address: ServerAddress
  private let usesTLS: Bool
  private let hostName: String
  private let limiter = Mutex(AnswerLimiter())

  init(
    _ publication: Publication,
    project: any ServedProject,
    address: ServerAddress,
    usesTLS: Bool,
    hostName: String
  ) {
    self.publication = publication
    self.project = project
    self.address = address
    self.usesTLS = usesTLS
    self.hostName = hostName
  }

  /// The answer to a datagram, never longer than it; `nil` for none.
  func answer(
    to datagram: [UInt8],
    from sender: IPAddress,
    at now: ContinuousClock.Instant
  ) async -> [UInt8]? {
    let ours = DiscoveryQuery(datagram)
    let theirs = publication.announcesTo4D ? FourDQuery(datagram) : nil
    guard ours != nil || theirs != nil, isFor(sender), !publication.isHidden(),
      limiter.withLock({ $0.admits(sender, at: now) })
    else { return nil }
    if let theirs {
      return FourDAnswer(
        theirs.era,
        host: hostName,
        database: publication.name,
        port: address.port
      ).datagram
    }
    guard let ours else { return nil }
    return DiscoveryAnswer(
      to: ours,
      publicationName: publication.name,
      project: project.name,
      serverID: project.serverID,
      port: address.port,
      usesTLS: usesTLS,
      generation: project.current().flatMap { GenerationID($0.id) }
    ).datagram
  }

  private func isFor(_ sender: IPAddress) -> Bool {
    (!isOnLoopback || sender.isLoopback) && publication.rules.allows(sender.description)
  }

  private var isOnLoopback: Bool {
    address.host == "localhost" || Authority.isLoopback(address: address.host)
  }
}
