/// Random hexadecimal text from the system's generator.
enum RandomHex {
  static func text(bytes count: Int) -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<count).map { _ in
      let text = String(UInt8.random(in: .min ... .max, using: &random), radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
