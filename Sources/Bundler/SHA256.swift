internal import CCrypto
package import ProjectModel

/// SHA-256 by OpenSSL's libcrypto.
package enum SHA256 {
  /// The digest of no bytes.
  package static let empty = digest(of: [])

  package static func digest(of bytes: [UInt8]) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe digest(of: $0) }
  }

  package static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
    var words = RawDigest()
    let done = unsafe withUnsafeMutableBytes(of: &words) { output in
      unsafe EVP_Digest(
        bytes.baseAddress,
        bytes.count,
        output.baseAddress,
        nil,
        algorithm,
        nil
      )
    }
    precondition(done == 1, "libcrypto offers SHA-256")
    return words.digest
  }

  /// Fetched once: a fetch in every call costs more than a short message does.
  fileprivate nonisolated(unsafe) static let algorithm = unsafe fetched()

  private static func fetched() -> OpaquePointer? {
    precondition(Libcrypto.isReady, "libcrypto begins")
    return unsafe EVP_MD_fetch(nil, "SHA256", nil)
  }
}

/// The digest of bytes that come in parts; a hasher can be used again after `finish()`.
@safe package struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("memory for a hash") }
    unsafe self.context = context
    start()
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    let done = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(done == 1, "a started hash takes bytes")
  }

  package func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Feeds the 32 bytes of a digest.
  package func update(_ digest: Digest) {
    var words = RawDigest(digest)
    unsafe withUnsafeBytes(of: &words) { unsafe update($0) }
  }

  /// The digest of all bytes since the last `finish()`.
  package func finish() -> Digest {
    var words = RawDigest()
    let done = unsafe withUnsafeMutableBytes(of: &words) { output in
      unsafe EVP_DigestFinal_ex(context, output.baseAddress, nil)
    }
    precondition(done == 1, "a started hash ends")
    start()
    return words.digest
  }

  private func start() {
    let done = unsafe EVP_DigestInit_ex2(context, SHA256.algorithm, nil)
    precondition(done == 1, "libcrypto offers SHA-256")
  }
}

/// The 32 bytes of a digest as they are in memory.
///
/// A manifest has three digests a member: going through arrays of bytes would cost more than the
/// hashing itself.
struct RawDigest {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  /// Makes one of exactly 32 bytes; `nil` for any other count.
  init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
  }

  init(_ digest: Digest) {
    let native = digest.words
    words = (
      native.0.bigEndian, native.1.bigEndian, native.2.bigEndian, native.3.bigEndian
    )
  }

  var digest: Digest {
    let native = (
      UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), UInt64(bigEndian: words.2),
      UInt64(bigEndian: words.3)
    )
    return Digest(words: native)
  }
}

extension Digest {
  /// The last of the 32 bytes.
  var lastByte: UInt8 {
    UInt8(truncatingIfNeeded: words.3)
  }
}
