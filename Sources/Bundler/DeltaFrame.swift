/// One part of a delta: a kind, the payload's length, the payload, and the CRC-32 of all of them.
struct DeltaFrame {
  enum Kind: UInt8 {
    case header = 0x48  // H
    case edits = 0x45  // E
    case packed = 0x50  // P
    case content = 0x43  // C
  }

  /// The longest payload; what is larger is cut.
  static let longest = 256 << 10
  /// Kind and length before the payload.
  static let prefix = 5
  static let overhead = prefix + 4

  let kind: Kind
  let payload: ArraySlice<UInt8>

  static func append(_ kind: Kind, _ payload: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(kind.rawValue)
    bytes.append(little: UInt32(payload.count))
    bytes += payload
    bytes.append(little: crc(bytes[start...]))
  }

  /// How long the frame is whose first five bytes these are.
  static func length(_ prefix: ArraySlice<UInt8>) throws(BundleError) -> Int {
    var cursor = ByteCursor(prefix)
    guard let kind = cursor.take(UInt8.self), Kind(rawValue: kind) != nil,
      let count = cursor.take(UInt32.self), count <= longest
    else { throw .brokenDelta }
    return Int(count) + overhead
  }

  /// Reads one whole frame.
  init(_ bytes: ArraySlice<UInt8>) throws(BundleError) {
    var cursor = ByteCursor(bytes)
    guard let kind = cursor.take(UInt8.self).flatMap(Kind.init),
      let count = cursor.take(UInt32.self),
      let payload = cursor.take(Int(count)), let crc = cursor.take(UInt32.self),
      cursor.position == bytes.endIndex, crc == Self.crc(bytes.dropLast(4))
    else { throw .brokenDelta }
    self.kind = kind
    self.payload = payload
  }

  private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe CRC32.updated(0, with: $0) }
  }
}

extension BundleError {
  static let brokenDelta = BundleError(
    .damaged,
    "the delta is broken",
    remedy: "get it again, or the whole bundle"
  )
}
