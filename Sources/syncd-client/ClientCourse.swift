import SyncClient
import SyncProtocol
import Synchronization

/// What has happened on a visit so far.
final class ClientCourse: Sendable {
  private let connected = Mutex(false)
  /// What the client has decided about already.
  private let known: UpdateOffer?
  private let others: AsyncStream<Void>
  private let noted: AsyncStream<Void>.Continuation

  init(_ known: UpdateOffer?) {
    self.known = known
    (others, noted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Whether the server has had this client as its own.
  var wasConnected: Bool { connected.withLock(\.self) }

  func note(_ step: BundleFollower.Step) {
    if case .connected = step { connected.withLock { $0 = true } }
  }

  func note(_ offer: UpdateOffer?) {
    if let offer, offer != known { noted.yield() }
  }

  /// Returns when the server, started anew, offers another client than before; or when cancelled.
  func untilAnotherOffer() async {
    for await _ in others { return }
  }
}
