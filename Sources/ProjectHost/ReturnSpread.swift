package import SyncProtocol

/// How long unattended clients take between them to come back: all at once they would only keep
/// each other waiting (protocol §1.10).
package struct ReturnSpread: Hashable, Sendable {
  /// Bytes per second: a line of 1 Gbit/s that carries other things too.
  package static let usualBandwidth: UInt64 = 100_000_000
  /// Milliseconds of one processor for a client that comes: mostly its TLS handshake.
  private static let msPerClient = 1.0
  /// What is sent beside the bundle's own bytes, and sent again.
  private static let overhead = 1.2
  private static let longestMs = 600_000.0

  let clients: Int
  /// What all of them together may fetch, in bytes per second.
  let bandwidth: UInt64

  package init(clients: Int, bandwidth: UInt64) {
    self.clients = clients
    self.bandwidth = max(1, bandwidth)
  }

  /// Milliseconds in which every client fetches so many bytes; none for a single client.
  package func milliseconds(fetching bytes: UInt64) -> Int {
    guard clients > 1 else { return 0 }
    let each = Self.msPerClient + Double(bytes) * Self.overhead / Double(bandwidth) * 1_000
    return Int(min(Double(clients) * each, Self.longestMs).rounded(.up))
  }

  /// What clients are told when the server goes away.
  package func drain(reason: String) -> Drain {
    Drain(reason: reason, reconnectAfterMs: 500, spreadMs: milliseconds(fetching: 0))
  }
}
