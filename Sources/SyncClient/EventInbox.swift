import SyncProtocol

/// The events that have come and wait for who handles them: the stream is read on while a bundle is
/// fetched or a moment to come back is waited for, or its silence would be taken for the server's.
actor EventInbox {
  /// Messages of people; what a server sends beyond these is not believed to be meant for reading.
  private static let mostWaiting = 64

  private var waiting: [ServerEvent] = []
  private var end: Result<Void, any Error>?
  private var reader: CheckedContinuation<Void, Never>?

  /// Takes an event; a notice takes the place of an older one that still waits.
  func put(_ event: ServerEvent) {
    switch event {
    case .bookmark: return
    case .reconnectRequired, .ready:
      waiting.removeAll { if case .reconnectRequired = $0 { true } else { false } }
    default: break
    }
    guard waiting.count < Self.mostWaiting else { return }
    waiting.append(event)
    wake()
  }

  /// Nothing more comes.
  func close(_ result: Result<Void, any Error>) {
    end = result
    wake()
  }

  /// The next event; `nil` when the stream has ended and everything of it is handled.
  ///
  /// - Throws: what the stream ended with.
  func next() async throws -> ServerEvent? {
    while waiting.isEmpty {
      if let end {
        try end.get()
        return nil
      }
      await withCheckedContinuation { reader = $0 }
    }
    return waiting.removeFirst()
  }

  /// The newest notice that has come meanwhile, taken out.
  func newerNotice() -> ReconnectRequired? {
    for (index, event) in waiting.enumerated() {
      guard case .reconnectRequired(let notice) = event else { continue }
      waiting.remove(at: index)
      return notice
    }
    return nil
  }

  private func wake() {
    reader?.resume()
    reader = nil
  }
}
