/// Where the elements of an XML file are, in bytes.
///
/// It is made for bytes that the strict parse accepted. Other bytes give a failure or a tree that
/// means nothing, never a trap.
struct CatalogSpans: Sendable {
  struct Failure: Error {
    let offset: Int
  }

  struct Attribute: Sendable {
    var name: Range<Int>
    /// What stands between the quotes.
    var value: Range<Int>
    /// Just behind the closing quote.
    var end: Int { value.upperBound + 1 }
  }

  struct Node: Sendable {
    /// The offset of `<`.
    var start: Int
    var nameEnd: Int
    var attributes: Range<Int>
    /// Just behind the `>` of the start tag.
    var openEnd: Int
    /// The offset of the `<` of the end tag; `openEnd` when the element closes itself.
    var closeStart: Int
    var end: Int
    var children: [Int]
    var closesItself: Bool
    var name: Range<Int> { (start + 1)..<nameEnd }
  }

  private(set) var nodes: [Node] = []
  private(set) var attributes: [Attribute] = []

  init(scanning bytes: [UInt8]) throws(Failure) {
    nodes.reserveCapacity(bytes.count / 96 + 4)
    attributes.reserveCapacity(bytes.count / 24 + 4)
    let text = bytes.span
    var open: [Int] = []
    var at = 0
    while true {
      while at < text.count, text[at] != UInt8(ascii: "<") { at += 1 }
      guard at + 1 < text.count else { break }
      switch text[at + 1] {
      case UInt8(ascii: "!"): at = try Self.declaration(text, at)
      case UInt8(ascii: "?"): at = try Self.find("?>", in: text, from: at + 2)
      case UInt8(ascii: "/"):
        guard let node = open.popLast() else { throw Failure(offset: at) }
        let name = nodes[node].name
        guard at + 2 + name.count < text.count else { throw Failure(offset: at) }
        for step in 0..<name.count where text[at + 2 + step] != text[name.lowerBound + step] {
          throw Failure(offset: at)
        }
        nodes[node].closeStart = at
        at = try Self.find(">", in: text, from: at + 2 + name.count)
        nodes[node].end = at
      default:
        let node = nodes.count
        at = try startTag(text, at)
        if let parent = open.last {
          nodes[parent].children.append(node)
        } else if node != 0 {
          throw Failure(offset: nodes[node].start)
        }
        if !nodes[node].closesItself { open.append(node) }
      }
    }
    guard open.isEmpty, !nodes.isEmpty else { throw Failure(offset: at) }
  }

  private mutating func startTag(_ text: Span<UInt8>, _ start: Int) throws(Failure) -> Int {
    var at = start + 1
    while at < text.count, Self.isNameByte(text[at]) { at += 1 }
    guard at > start + 1 else { throw Failure(offset: start) }
    let nameEnd = at
    let first = attributes.count
    var closesItself = false
    while true {
      while at < text.count, Self.isSpace(text[at]) { at += 1 }
      guard at < text.count else { throw Failure(offset: start) }
      if text[at] == UInt8(ascii: ">") { break }
      if text[at] == UInt8(ascii: "/") {
        closesItself = true
        at += 1
        guard at < text.count, text[at] == UInt8(ascii: ">") else { throw Failure(offset: start) }
        break
      }
      at = try attribute(text, at)
    }
    nodes.append(
      Node(
        start: start,
        nameEnd: nameEnd,
        attributes: first..<attributes.count,
        openEnd: at + 1,
        closeStart: at + 1,
        end: at + 1,
        children: [],
        closesItself: closesItself
      )
    )
    return at + 1
  }

  private mutating func attribute(_ text: Span<UInt8>, _ start: Int) throws(Failure) -> Int {
    var at = start
    while at < text.count, Self.isNameByte(text[at]) { at += 1 }
    let name = start..<at
    while at < text.count, Self.isSpace(text[at]) { at += 1 }
    guard !name.isEmpty, at < text.count, text[at] == UInt8(ascii: "=") else {
      throw Failure(offset: start)
    }
    at += 1
    while at < text.count, Self.isSpace(text[at]) { at += 1 }
    guard at < text.count, text[at] == UInt8(ascii: "\"") || text[at] == UInt8(ascii: "'") else {
      throw Failure(offset: start)
    }
    let quote = text[at]
    let value = at + 1
    at = value
    while at < text.count, text[at] != quote { at += 1 }
    guard at < text.count else { throw Failure(offset: start) }
    attributes.append(Attribute(name: name, value: value..<at))
    return at + 1
  }

  /// A comment, a CDATA section or a DOCTYPE; returns the offset behind it.
  private static func declaration(_ text: Span<UInt8>, _ start: Int) throws(Failure) -> Int {
    if starts(text, with: "<!--", at: start) { return try find("-->", in: text, from: start + 4) }
    if starts(text, with: "<![CDATA[", at: start) {
      return try find("]]>", in: text, from: start + 9)
    }
    var at = start + 2
    while at < text.count, text[at] != UInt8(ascii: ">") {
      let quote = text[at]
      at += 1
      guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { continue }
      while at < text.count, text[at] != quote { at += 1 }
      at += 1
    }
    guard at < text.count else { throw Failure(offset: start) }
    return at + 1
  }

  static func starts(_ text: Span<UInt8>, with word: StaticString, at start: Int) -> Bool {
    let length = word.utf8CodeUnitCount
    guard start >= 0, text.count - start >= length else { return false }
    return word.withUTF8Buffer { word in
      for step in 0..<length where unsafe text[start + step] != word[step] { return false }
      return true
    }
  }

  private static func find(_ word: StaticString, in text: Span<UInt8>, from start: Int)
    throws(Failure) -> Int
  {
    var at = start
    while at < text.count {
      if starts(text, with: word, at: at) { return at + word.utf8CodeUnitCount }
      at += 1
    }
    throw Failure(offset: start)
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: "="), UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: "<"),
      UInt8(ascii: "\""), UInt8(ascii: "'"):
      false
    default: true
    }
  }
}
