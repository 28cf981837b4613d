/// The datagram with which a client asks who is there.
///
/// It is as long as the longest answer, so that nobody can use a server to send more than he sent.
package struct DiscoveryQuery: Hashable, Sendable {
  package static let size = 512
  package static let nonceSize = 16
  static let version: UInt8 = 1
  private static let magic = Array("syncd-q\0".utf8)

  /// Random, and echoed by every answer: who did not see the query cannot answer it.
  package let nonce: [UInt8]

  package init(using generator: inout some RandomNumberGenerator) {
    nonce = (0..<Self.nonceSize).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
  }

  /// Reads a datagram; `nil` for anything but a whole query of this version.
  package init?(_ datagram: [UInt8]) {
    guard datagram.count >= Self.size, datagram.starts(with: Self.magic),
      datagram[8] == Self.version
    else { return nil }
    nonce = Array(datagram[16..<16 + Self.nonceSize])
  }

  package var datagram: [UInt8] {
    let head = Self.magic + [Self.version] + [UInt8](repeating: 0, count: 7) + nonce
    return head + [UInt8](repeating: 0, count: Self.size - head.count)
  }
}
