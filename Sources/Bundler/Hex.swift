internal import ProjectModel

/// Hexadecimal digits into and out of bytes.
enum Hex {
  static let upper = Array("0123456789ABCDEF".utf8)
  private static let lower = Array("0123456789abcdef".utf8)

  /// Eight lower-case digits.
  static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt32(28), through: 0, by: -4) {
      bytes.append(lower[Int(value >> shift & 15)])
    }
  }

  /// 64 lower-case digits.
  static func append(_ digest: Digest, to bytes: inout [UInt8]) {
    var raw = RawDigest(digest)
    unsafe withUnsafeBytes(of: &raw) { source in
      for index in 0..<32 {
        let byte = unsafe source[index]
        bytes.append(lower[Int(byte >> 4)])
        bytes.append(lower[Int(byte & 15)])
      }
    }
  }

  /// The value of a digit of either case.
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
