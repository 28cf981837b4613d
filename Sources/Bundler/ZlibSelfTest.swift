package import ProjectModel

/// Whether the zlib in use packs as the format wants it: byte for byte what upstream zlib makes.
///
/// Some systems put another program under its name. What such a one packs is sound, but nobody
/// else's bytes, so content may not travel in place of packed bytes.
package enum ZlibSelfTest {
  /// Judged once, when first asked.
  package static let passes = corpusDigest() == expected

  /// SHA-256 of the corpus as zlib 1.2.3 to 1.3.1 pack it.
  private static let expected = Digest(
    hex: "c9b7d0d7d4b8551b9cfccc22d38f0533ca690c15e6a8ef1b400b99e922c25b8b"
  )

  /// The digest of texts of many sizes and kinds, each packed as a member would be.
  package static func corpusDigest() -> Digest {
    let hasher = SHA256Hasher()
    var state: UInt64 = 0x5eed
    for size in [1, 40, 700, 4_096, 40_000, 270_000] {
      // The largest is longer than what is packed at once, and one of it is enough.
      for alphabet in size > 100_000 ? [26] : [3, 26, 256] as [UInt64] {
        var text: [UInt8] = []
        while text.count < size {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let length = Int(state >> 59) + 4
          // Words that come again, now near, now far, as in source text.
          if text.count > length, state >> 40 & 3 != 0 {
            let reach = min(text.count, 1 << Int(state >> 44 & 15) + length)
            let start = text.count - max(length, reach)
            text += text[start..<(start + length)]
          } else {
            for shift in 0..<UInt64(length) {
              text.append(UInt8(truncatingIfNeeded: 32 &+ (state >> (shift & 31)) % alphabet))
            }
          }
        }
        hasher.update(Repacking.packed(Array(text[..<size]), method: .deflated))
      }
    }
    return hasher.finish()
  }
}
