/// Names on their way through a datagram.
enum DatagramText {
  /// The longest start of a text that fits, cut between two characters as people see them.
  static func clip(_ text: String, to most: Int) -> String {
    guard text.utf8.count > most else { return text }
    var count = 0
    var end = text.startIndex
    for index in text.indices {
      count += text[index].utf8.count
      guard count <= most else { break }
      end = text.index(after: index)
    }
    return String(text[..<end])
  }

  /// A stranger's text without what would steer a terminal or turn the writing direction.
  static func harmless(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(isSteering(scalar) ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  private static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
    default:
      (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        || scalar.value == 0x200E || scalar.value == 0x200F
    }
  }
}
