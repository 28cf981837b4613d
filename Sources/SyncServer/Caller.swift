/// What the listener knows of a caller before any proof of its own.
enum Caller: Hashable, Sendable {
  /// The unix socket, with the server's own account at the other end.
  case sameMachine
  /// TCP on a loopback address, which proves nothing.
  case loopback
}
