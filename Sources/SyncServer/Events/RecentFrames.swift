/// The newest event of each topic, for whoever is behind: however many are, it is kept once.
///
/// Events are numbered by who puts them, in growing order; who is behind remembers one number.
struct RecentFrames {
  typealias Numbered = (number: UInt64, frame: EventFrame)

  /// People read all messages; who is further behind than this misses the oldest.
  private static let mostMessages = 64
  /// Events of single sessions: who is further behind reads the session.
  private static let mostPersonal = 1_024

  private var newest: [EventTopic: Numbered] = [:]
  /// In order.
  private var messages: [Numbered] = []
  private var personal: [EventTopic: Numbered] = [:]

  /// Puts an event in its topic's place.
  ///
  /// - Returns: the number of the event that everybody will now do without, if there is one.
  @discardableResult
  mutating func put(_ frame: EventFrame, at number: UInt64) -> UInt64? {
    if frame.isMessage {
      messages.append((number, frame))
      if messages.count > Self.mostMessages { messages.removeFirst() }
      return nil
    }
    guard frame.recipient != nil else {
      return newest.updateValue((number, frame), forKey: frame.topic)?.number
    }
    personal[frame.topic] = (number, frame)
    if personal.count > Self.mostPersonal,
      let oldest = personal.min(by: { $0.value.number < $1.value.number })
    {
      personal[oldest.key] = nil
    }
    return nil
  }

  /// What whoever has everything up to a number has still to get, in order.
  func after(_ number: UInt64, for addressee: EventAddressee) -> [Numbered] {
    let shared = newest.values.filter { $0.number > number && addressee.takes($0.frame) }
    let read = messages.reversed().prefix { $0.number > number }
      .filter { addressee.takes($0.frame) }
    let own = personal.values.filter { $0.number > number && addressee.takes($0.frame) }
    return (shared + read + own).sorted { $0.number < $1.number }
  }
}
