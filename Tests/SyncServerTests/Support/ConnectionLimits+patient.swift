import SyncServer

extension ConnectionLimits {
  /// Deadlines that no test misses because a busy machine held it up, between its connect and its
  /// request for one.
  ///
  /// Tests of a deadline set that one.
  static var patient: ConnectionLimits {
    var limits = ConnectionLimits()
    (limits.head, limits.idle, limits.bodyPause) = (.seconds(150), .seconds(150), .seconds(150))
    (limits.body, limits.blocked) = (.seconds(150), .seconds(150))
    return limits
  }
}
