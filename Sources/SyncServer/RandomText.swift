/// Random hexadecimal text from the system's generator, for nonces and tokens.
enum RandomText {
  static func hex(bytes count: Int) -> String {
    var random = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    let text = (0..<count).flatMap { _ in
      let byte = Int(UInt8.random(in: .min ... .max, using: &random))
      return [digits[byte >> 4], digits[byte & 15]]
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func isHex(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }
}
