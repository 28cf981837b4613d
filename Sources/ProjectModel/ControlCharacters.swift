extension Unicode.Scalar {
  /// Whether a terminal may take it as an order: the control characters (C0, 0x7F, C1), and those
  /// that show what follows in another direction (U+202A–202E, U+2066–2069).
  package var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension String {
  package var hasControls: Bool { unicodeScalars.contains(where: \.isControl) }

  /// The text for a terminal or a log: what it must not take as an order is replaced, a tab by a
  /// space.
  package var withoutControls: String {
    guard hasControls else { return self }
    var text = UnicodeScalarView()
    for scalar in unicodeScalars {
      text.append(scalar == "\t" ? " " : scalar.isControl ? "\u{FFFD}" : scalar)
    }
    return String(text)
  }
}
