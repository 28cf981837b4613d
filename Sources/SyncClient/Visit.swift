/// How it goes with a server that is followed: whether it has been reached, and when to come back.
struct Visit {
  private var wasConnected = false
  private var backoff = Backoff()
  private var random = SystemRandomNumberGenerator()
  /// When the server asked to come back, since it said that it goes away.
  var pause: Duration?

  private var hasReopened = false

  /// The stream has begun, and it is the right server's.
  mutating func began() {
    wasConnected = true
    pause = nil
    hasReopened = false
    backoff.reset()
  }

  /// Whether trying again may help: a server that was there once comes back.
  func maySurvive(_ error: ClientError) -> Bool { wasConnected && error.code.isTransient }

  /// Whether another session may be opened without a wait: once, until a stream begins.
  mutating func mayReopenAtOnce() -> Bool {
    defer { hasReopened = true }
    return !hasReopened
  }

  /// How long to wait before the next try.
  mutating func nextWait() -> Duration {
    defer { pause = nil }
    return pause ?? backoff.next(using: &random)
  }
}

extension ClientError.Code {
  fileprivate var isTransient: Bool { self == .noServer || self == .connection || self == .refused }
}
