import SyncProtocol

/// The kinds of events that a client wants to hear of; what every client needs comes in any case.
struct TopicFilter: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let notices = TopicFilter(rawValue: 1 << 0)
  static let build = TopicFilter(rawValue: 1 << 1)
  static let catalog = TopicFilter(rawValue: 1 << 2)
  static let directory = TopicFilter(rawValue: 1 << 3)
  static let messages = TopicFilter(rawValue: 1 << 4)
  static let storage = TopicFilter(rawValue: 1 << 5)
  static let privileges = TopicFilter(rawValue: 1 << 6)
  static let all = TopicFilter(rawValue: .max)

  /// By the names of the events.
  private static let byName: [String: TopicFilter] = [
    "reconnect-required": .notices, "build": .build, "catalog": .catalog, "directory": .directory,
    "message": .messages, "storage": .storage, "privileges": .privileges,
  ]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// What an event is; empty for one that everybody gets.
  init(of event: ServerEvent) {
    self = Self.byName[event.name] ?? []
  }

  /// Reads the names of the query, with commas between them; all without any.
  ///
  /// - Throws: `bad-request` for a name that no event has.
  init(_ names: String?) throws(ProblemDetails) {
    guard let names else {
      self = .all
      return
    }
    self = []
    for name in names.split(separator: ",", omittingEmptySubsequences: false) {
      guard let topic = Self.byName[String(name)] else {
        throw ProblemDetails(
          .badRequest,
          detail: "\"\(name.prefix(32))\" is no topic: name some of "
            + "\(Self.byName.keys.sorted().joined(separator: ", ")), with commas between them."
        )
      }
      formUnion(topic)
    }
  }
}
