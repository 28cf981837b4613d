import SyncProtocol
import Synchronization

/// What save-alls asked for that met their deadline, so that who goes on waiting gets the same.
final class PendingBarriers: Sendable {
  /// The oldest goes when there are more.
  private static let most = 256

  private let kept = Mutex<[(id: String, order: BarrierRequest)]>([])

  /// Keeps a request.
  ///
  /// - Returns: the name to ask for it by.
  func keep(_ order: BarrierRequest) -> String {
    let id = RandomText.hex(bytes: 8)
    kept.withLock { kept in
      if kept.count >= Self.most { kept.removeFirst() }
      kept.append((id, order))
    }
    return id
  }

  func find(_ id: String) -> BarrierRequest? {
    kept.withLock { $0.last { $0.id == id }?.order }
  }
}
