/// What others have to be told that it has ended; a client's session is told by whoever ends it.
struct SessionTableEnds: Sendable {
  /// Sessions that a cookie has led to, and does no more.
  var cookies: Set<SessionID> = []
  /// Sessions of browsers.
  var webSessions: Set<SessionID> = []
  /// Processes that had a secret, and whose session has not ended.
  var passes: Set<ProcessReference> = []

  var isEmpty: Bool { cookies.isEmpty && webSessions.isEmpty && passes.isEmpty }

  var events: [SessionEvent] {
    cookies.map { .cookieEnded($0) } + webSessions.map { .webSessionEnded($0) }
      + passes.map { .passEnded($0) }
  }
}
