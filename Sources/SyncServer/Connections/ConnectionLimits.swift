import Glibc

/// How many TCP connections there may be, and how long each may take for what.
package struct ConnectionLimits: Hashable, Sendable {
  /// All of them; beyond it a new one is closed.
  package var total = 16_384
  /// Those of one address off loopback, or of one /64 network of IPv6: beyond it requests are
  /// answered 429, beyond twice as many connections are closed.
  package var perAddress = 512
  /// For a request's head, from its first byte; for the first one, TLS included, from the start.
  package var head: Duration = .seconds(10)
  /// Between two requests.
  package var idle: Duration = .seconds(60)
  /// Between two pieces of a request's body.
  package var bodyPause: Duration = .seconds(30)
  /// For a request's whole body.
  package var body: Duration = .seconds(120)
  /// For a client to take a part of an answer.
  package var blocked: Duration = .seconds(60)

  package init() {}

  /// Raises this process's limit of open files as far as it may; `total` leaves room below it.
  package mutating func fitOpenFiles() {
    var files = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
    files.rlim_cur = files.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
    // The project's own files, the watcher, the listeners.
    total = max(64, min(total, Int(clamping: files.rlim_cur) - 256))
  }
}
