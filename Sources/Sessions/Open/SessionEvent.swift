/// What a session's own processes are told.
package enum SessionEvent: Hashable, Sendable {
  /// A storage has another content. Two events may arrive the wrong way round: the higher
  /// revision counts.
  case storageChanged(StorageKey, revision: UInt64)
  /// What a web request in the session may do has changed.
  case privilegesChanged(SessionID)
  /// A cookie leads to the session no more: its browser has left it or has another one now, or the
  /// session has ended.
  case cookieEnded(SessionID)
  /// A browser's own session has ended.
  case webSessionEnded(SessionID)
  /// A process that could prove itself by a secret has ended.
  case passEnded(ProcessReference)
}

/// Whoever passes the events on.
package protocol SessionListener: Sendable {
  /// Is called wherever something changes, and returns at once.
  func sessionChanged(_ event: SessionEvent)
}
