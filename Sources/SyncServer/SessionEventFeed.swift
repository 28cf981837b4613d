import ProjectHost
package import Sessions
import SyncProtocol
import Synchronization

/// Passes on what changes in sessions to their own clients: of each session the newest alone.
///
/// The streams of what ends without the server's doing end by this.
package final class SessionEventFeed: SessionListener {
  private struct News {
    var storage: [SessionID: UInt64] = [:]
    var privileges: Set<SessionID> = []
    var endedSessions: Set<SessionID> = []
    var endedHooks: Set<ProcessReference> = []
  }

  private let news = Mutex(News())
  private let also = Mutex<(any SessionListener)?>(nil)
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  package init() {
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Names who hears of every change at once, beside the clients: the pages of browsers.
  func alsoTell(_ listener: (any SessionListener)?) { also.withLock { $0 = listener } }

  package func sessionChanged(_ event: SessionEvent) {
    also.withLock { $0 }?.sessionChanged(event)
    news.withLock { news in
      switch event {
      case .storageChanged(let key, let revision):
        // A client knows what it changes in a storage of its own.
        guard key.side == .server else { return }
        news.storage[key.session] = max(revision, news.storage[key.session] ?? 0)
      case .privilegesChanged(let session): news.privileges.insert(session)
      case .cookieEnded: break
      case .webSessionEnded(let session): news.endedSessions.insert(session)
      case .passEnded(let hook): news.endedHooks.insert(hook)
      }
    }
    wakeUp.yield()
  }

  /// Posts what changes until cancelled; changes that come while it posts become one.
  func run(posting events: EventHub, endingStreamsOf desks: LoopDesks) async {
    for await _ in wakeUps {
      let news = news.withLock { news in
        defer { news = News() }
        return news
      }
      for (session, revision) in news.storage {
        await events.post(.storage(SessionChange(revision: revision, to: session.text)))
      }
      for session in news.privileges {
        await events.post(.privileges(SessionChange(to: session.text)))
      }
      for session in news.endedSessions { desks.endStreams(of: session) }
      for hook in news.endedHooks { desks.endStreams(of: hook) }
    }
  }
}
