import Sessions
import SyncProtocol
import Synchronization

/// The downloads under way, of each session and all together: each holds a chunk in memory.
final class Downloads: Sendable {
  /// A client has no use for more: it downloads one file.
  static let mostOfSession = 2
  /// All together hold some 256 MB at most.
  static let most = 1_024

  /// A download's place, which is free again when the last reference to it is gone.
  final class Place: Sendable {
    private let downloads: Downloads
    private let session: SessionID?

    fileprivate init(_ downloads: Downloads, _ session: SessionID?) {
      self.downloads = downloads
      self.session = session
    }

    deinit { downloads.leave(session) }
  }

  private struct Counts {
    var total = 0
    var bySession: [SessionID: Int] = [:]
  }

  private let counts = Mutex(Counts())

  /// Takes a place for a download of a session, or of nobody's.
  ///
  /// - Throws: `too-many`, with a time to wait.
  func enter(_ session: SessionID?) throws(ProblemDetails) -> Place {
    let refusal: (String, wait: Int)? = counts.withLock { counts in
      guard counts.total < Self.most else {
        return ("The server is sending to \(Self.most) clients: come back in a moment.", 5)
      }
      if let session {
        let count = counts.bySession[session, default: 0]
        guard count < Self.mostOfSession else {
          return ("The session is downloading \(count) times: wait until one has ended.", 1)
        }
        counts.bySession[session] = count + 1
      }
      counts.total += 1
      return nil
    }
    guard let (sentence, wait) = refusal else { return Place(self, session) }
    var problem = ProblemDetails(.tooMany, detail: sentence)
    problem.retryAfter = wait
    throw problem
  }

  private func leave(_ session: SessionID?) {
    counts.withLock { counts in
      counts.total -= 1
      guard let session, let count = counts.bySession[session] else { return }
      counts.bySession[session] = count > 1 ? count - 1 : nil
    }
  }
}
