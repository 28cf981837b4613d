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

  init(_ event: ServerEvent) {
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
      }
  }
}
