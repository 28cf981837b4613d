import NIOCore
import Sessions
import Synchronization

/// The event streams of pages: of which session each one is, and how many there may be.
///
/// What changes in a session is handed to the event loops of its streams; what changes meanwhile is
/// handed over with it.
final class WebStreams: SessionListener {
  /// What a stream has to look at.
  struct News: OptionSet, Sendable {
    let rawValue: UInt8

    static let storage = News(rawValue: 1)
    static let privileges = News(rawValue: 2)
    /// Whether the browser is still there, by the same cookie.
    static let presence = News(rawValue: 4)
  }

  enum Refusal: Error {
    case tooManyOfTheSession
    case tooMany
  }

  /// A stream as threads other than its own see it.
  final class Entry: Sendable {
    let session: SessionID
    fileprivate let isGuest: Bool
    private let stream: NIOLoopBound<WebStreamHandler>
    private let news = Mutex<News>([])

    init(_ stream: NIOLoopBound<WebStreamHandler>, session: SessionID, isGuest: Bool) {
      self.stream = stream
      self.session = session
      self.isGuest = isGuest
    }

    fileprivate func tell(_ more: News) {
      let isFirst = news.withLock { news in
        defer { news.formUnion(more) }
        return news.isEmpty
      }
      guard isFirst else { return }
      stream.eventLoop.execute {
        let news = self.news.withLock { news in
          defer { news = [] }
          return news
        }
        self.stream.value.look(at: news)
      }
    }
  }

  private struct State {
    var entries: [SessionID: [ObjectIdentifier: Entry]] = [:]
    var count = 0
    var guests = 0
  }

  let sessions: OpenSessions
  let counters: ServerCounters
  let heartbeat: TimeAmount
  let blockedLimit: TimeAmount
  private let most: Int
  private let mostOfASession: Int
  private let state = Mutex(State())

  init(
    sessions: OpenSessions,
    counters: ServerCounters,
    web: WebConfiguration,
    configuration: ServerConfiguration
  ) {
    self.sessions = sessions
    self.counters = counters
    heartbeat = TimeAmount(configuration.heartbeat)
    blockedLimit = TimeAmount(configuration.blockedLimit)
    most = web.streams
    mostOfASession = web.streamsOfASession
  }

  /// Notes a stream; whatever happens to its session from now on is told to it.
  ///
  /// A quarter of the places is kept for browsers that have signed in: anybody can be a guest.
  func add(_ entry: Entry) throws(Refusal) {
    try state.withLock { (state) throws(Refusal) in
      guard state.entries[entry.session, default: [:]].count < mostOfASession else {
        throw .tooManyOfTheSession
      }
      guard state.count < most, !entry.isGuest || state.guests < most - most / 4 else {
        throw .tooMany
      }
      state.entries[entry.session, default: [:]][ObjectIdentifier(entry)] = entry
      state.count += 1
      if entry.isGuest { state.guests += 1 }
    }
    counters.web.streams.add()
  }

  func remove(_ entry: Entry) {
    let isGone = state.withLock { state in
      guard
        state.entries[entry.session]?.removeValue(forKey: ObjectIdentifier(entry)) != nil
      else { return false }
      if state.entries[entry.session]?.isEmpty == true { state.entries[entry.session] = nil }
      state.count -= 1
      if entry.isGuest { state.guests -= 1 }
      return true
    }
    if isGone { counters.web.streams.add(-1) }
  }

  func sessionChanged(_ event: SessionEvent) {
    switch event {
    case .storageChanged(let key, _): if key.side == .server { tell(.storage, key.session) }
    case .privilegesChanged(let session): tell(.privileges, session)
    case .cookieEnded(let session): tell(.presence, session)
    case .webSessionEnded, .passEnded: break
    }
  }

  private func tell(_ news: News, _ session: SessionID) {
    let entries = state.withLock { $0.entries[session].map { Array($0.values) } } ?? []
    for entry in entries { entry.tell(news) }
  }
}
