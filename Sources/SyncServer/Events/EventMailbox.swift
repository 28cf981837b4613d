import NIOCore

/// What a client that is behind has still to get: one slot for each topic.
struct EventMailbox {
  /// In the order in which the frames were put.
  private var slots: [EventFrame] = []

  var isEmpty: Bool { slots.isEmpty }

  /// Puts a frame into its topic's slot; true when that replaced an older one.
  mutating func put(_ frame: EventFrame) -> Bool {
    let old = slots.firstIndex { $0.topic == frame.topic }
    if let old { slots.remove(at: old) }
    slots.append(frame)
    return old != nil
  }

  mutating func takeFirst() -> EventFrame? { slots.isEmpty ? nil : slots.removeFirst() }
}
