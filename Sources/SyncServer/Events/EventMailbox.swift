import NIOCore

/// What a client that is behind has still to get: one slot for each topic.
struct EventMailbox {
  /// Messages alone can be more than one of a kind.
  private static let mostFrames = 24

  /// In the order in which the frames were put.
  private var slots: [EventFrame] = []

  var isEmpty: Bool { slots.isEmpty }

  /// Puts a frame into its topic's slot; true when that replaced an older one.
  mutating func put(_ frame: EventFrame) -> Bool {
    let old = slots.firstIndex { $0.topic == frame.topic }
    if let old { slots.remove(at: old) }
    slots.append(frame)
    if slots.count > Self.mostFrames, let oldest = slots.firstIndex(where: \.isMessage) {
      slots.remove(at: oldest)
    }
    return old != nil
  }

  mutating func takeFirst() -> EventFrame? { slots.isEmpty ? nil : slots.removeFirst() }
}
