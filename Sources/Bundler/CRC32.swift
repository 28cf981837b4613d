internal import CZlib

/// The CRC-32 of ZIP archives, by zlib.
enum CRC32 {
  /// The CRC of all bytes so far (`crc`, 0 before the first) and of `bytes`.
  static func updated(_ crc: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
    // A null pointer asks zlib for the starting value, which would lose `crc`.
    guard let base = bytes.baseAddress else { return crc }
    let start = unsafe base.assumingMemoryBound(to: UInt8.self)
    return UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(crc), start, bytes.count))
  }
}
