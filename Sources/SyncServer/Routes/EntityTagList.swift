/// The entity tags of an `If-Match` or `If-None-Match` field, or `*` (RFC 9110, sections 8.8.3 and
/// 13.1).
struct EntityTagList {
  private enum Content {
    case any
    /// With their quotes.
    case tags(strong: Set<Substring>, weak: Set<Substring>)
  }

  private let content: Content

  /// Reads the values of a field; `nil` for what is no such list: a condition that nobody has
  /// understood does not hold.
  init?(_ values: [String]) {
    let text = values.joined(separator: ",")
    var rest = text[...].utf8
    rest.dropBlanks()
    if rest.first == UInt8(ascii: "*") {
      rest.removeFirst()
      rest.dropBlanks()
      guard rest.isEmpty else { return nil }
      content = .any
      return
    }
    var strong: Set<Substring> = []
    var weak: Set<Substring> = []
    while !rest.isEmpty {
      // A list may have empty places.
      if rest.first != UInt8(ascii: ",") {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest.removeFirst(2) }
        guard let tag = rest.popTag() else { return nil }
        if isWeak { weak.insert(tag) } else { strong.insert(tag) }
        rest.dropBlanks()
        guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
      }
      rest = rest.dropFirst()
      rest.dropBlanks()
    }
    content = .tags(strong: strong, weak: weak)
  }

  /// Whether a strong tag is among them; where weak ones count, these too.
  func contains(_ tag: String, strongly: Bool) -> Bool {
    switch content {
    case .any: true
    case .tags(let strong, let weak):
      strong.contains(tag[...]) || (!strongly && weak.contains(tag[...]))
    }
  }
}

extension Substring.UTF8View {
  fileprivate mutating func dropBlanks() {
    self = drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// Takes what stands in quotes at the beginning; a comma or a star in it is one of its letters.
  fileprivate mutating func popTag() -> Substring? {
    let quote = UInt8(ascii: "\"")
    guard first == quote, let end = dropFirst().firstIndex(of: quote),
      self[..<end].dropFirst().allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { return nil }
    let tag = self[...end]
    self = self[index(after: end)...]
    return Substring(tag)
  }
}
