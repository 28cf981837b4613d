import ProjectModel

/// Cuts what a hook prints into lines for the log: so many of them, each so long.
struct HookOutput {
  static let mostLines = 200
  /// In bytes; what a line has more is dropped.
  static let longestLine = 4_096

  private var line: [UInt8] = []
  private var isInLine = false
  private var isCut = false
  private var count = 0

  /// The lines that end in further bytes.
  mutating func lines(of bytes: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        if let line = end() { lines.append(line) }
      } else {
        isInLine = true
        if line.count == Self.longestLine { isCut = true }
        if count < Self.mostLines, !isCut { line.append(byte) }
      }
    }
    return lines
  }

  /// The last line, where no line break is behind it.
  mutating func rest() -> String? { isInLine ? end() : nil }

  private mutating func end() -> String? {
    defer {
      line = []
      (isInLine, isCut) = (false, false)
      count += 1
    }
    guard count < Self.mostLines else { return nil }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    // Half of a secret would not be known for one.
    while isCut, let last = line.last, Character(UnicodeScalar(last)).isHexDigit {
      line.removeLast()
    }
    return String(decoding: line, as: UTF8.self).withoutControls
  }
}
