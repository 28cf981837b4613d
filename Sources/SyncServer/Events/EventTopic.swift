import SyncProtocol

/// What an event is about: of each topic a client that is behind gets the newest event alone.
enum EventTopic: Hashable, Sendable {
  case generation
  case build
  case catalog
  case directory
  case bookmark
  case drain
  case reset
  /// Each message is a topic of its own: people read all of them.
  case message(UInt64)
  /// These are of one client alone.
  case session(String)
  case storage(String)
  case privileges(String)

  init(_ event: ServerEvent, _ id: EventID) {
    self =
      switch event {
      // A later notice carries everything that `ready` said of the generation.
      case .ready, .reconnectRequired: .generation
      case .build: .build
      case .catalog: .catalog
      case .directory: .directory
      case .bookmark: .bookmark
      case .drain: .drain
      case .reset: .reset
      case .message: .message(id.serial)
      case .session(let end): .session(end.to)
      case .storage(let change): .storage(change.to)
      case .privileges(let change): .privileges(change.to)
      }
  }
}
