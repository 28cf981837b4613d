package import ProjectModel

/// HMAC-SHA-256 (RFC 2104).
package enum MessageAuthentication {
  private static let blockSize = 64

  package static func code(for message: [UInt8], key: [UInt8]) -> Digest {
    var block = key.count > blockSize ? SHA256.digest(of: key).bytes : key
    block += [UInt8](repeating: 0, count: blockSize - block.count)
    let inner = SHA256Hasher()
    inner.update(block.map { $0 ^ 0x36 })
    inner.update(message)
    let outer = SHA256Hasher()
    outer.update(block.map { $0 ^ 0x5C })
    outer.update(inner.finish())
    return outer.finish()
  }

  /// Compares in a time that does not depend on where two codes differ.
  package static func areEqual(_ left: Digest, _ right: Digest) -> Bool {
    let (a, b) = (left.words, right.words)
    return (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3) == 0
  }
}
