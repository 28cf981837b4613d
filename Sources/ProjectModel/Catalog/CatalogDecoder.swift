/// Reads the elements' values out of the bytes, at the places that the scanner found.
struct CatalogDecoder {
  let bytes: [UInt8]
  let spans: CatalogSpans

  /// The root with all it contains.
  ///
  /// Children of the root whose bytes are those of an older state are taken over from it: after an
  /// edit nearly all are.
  func root(reusing old: (element: CatalogElement, bytes: [UInt8], spans: CatalogSpans)?)
    -> CatalogElement
  {
    guard let old else { return element(0) }
    let mine = spans.nodes[0].children
    let theirs = old.spans.nodes[0].children
    func isSame(_ one: Int, _ other: Int) -> Bool {
      let left = spans.nodes[one]
      let right = old.spans.nodes[other]
      return bytes[left.start..<left.end] == old.bytes[right.start..<right.end]
    }
    let common = min(mine.count, theirs.count)
    var head = 0
    while head < common, isSame(mine[head], theirs[head]) { head += 1 }
    var tail = 0
    while tail < common - head,
      isSame(mine[mine.count - 1 - tail], theirs[theirs.count - 1 - tail])
    { tail += 1 }
    var root = element(0, withChildren: false)
    root.children.reserveCapacity(mine.count)
    root.children += old.element.children.prefix(head)
    for node in mine[head..<(mine.count - tail)] { root.children.append(element(node)) }
    root.children += old.element.children.suffix(tail)
    return root
  }

  private func element(_ index: Int, withChildren: Bool = true) -> CatalogElement {
    let node = spans.nodes[index]
    var element = CatalogElement(string(node.name))
    element.attributes = node.attributes.map { at in
      let attribute = spans.attributes[at]
      return CatalogAttribute(string(attribute.name), value(attribute.value))
    }
    if node.children.isEmpty {
      (element.text, element.isCDATA) = text(node.openEnd..<node.closeStart)
    } else if withChildren {
      element.children = node.children.map { self.element($0) }
    }
    return element
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private func value(_ range: Range<Int>) -> String {
    let raw = bytes[range]
    for byte in raw where byte == UInt8(ascii: "&") || byte < 0x20 {
      return String(decoding: Self.resolved(raw, isAttribute: true), as: UTF8.self)
    }
    return String(decoding: raw, as: UTF8.self)
  }

  private func text(_ range: Range<Int>) -> (String, Bool) {
    guard bytes[range].contains(where: { !CatalogSpans.isSpace($0) }) else { return ("", false) }
    var result: [UInt8] = []
    var isCDATA = false
    var at = range.lowerBound
    let span = bytes.span
    while at < range.upperBound {
      if CatalogSpans.starts(span, with: "<![CDATA[", at: at) {
        let end = end(of: "]]>", from: at + 9, to: range.upperBound)
        result += Self.resolved(bytes[(at + 9)..<end], isAttribute: false, hasReferences: false)
        isCDATA = true
        at = end + 3
      } else if span[at] == UInt8(ascii: "<") {
        let isComment = CatalogSpans.starts(span, with: "<!--", at: at)
        let start = min(at + (isComment ? 4 : 2), range.upperBound)
        let end = end(of: isComment ? "-->" : "?>", from: start, to: range.upperBound)
        at = end + (isComment ? 3 : 2)
      } else {
        let start = at
        while at < range.upperBound, span[at] != UInt8(ascii: "<") { at += 1 }
        result += Self.resolved(bytes[start..<at], isAttribute: false)
      }
    }
    let isBlank = !isCDATA && result.allSatisfy(CatalogSpans.isSpace)
    return (isBlank ? "" : String(decoding: result, as: UTF8.self), isCDATA)
  }

  private func end(of word: StaticString, from start: Int, to limit: Int) -> Int {
    var at = start
    while at < limit, !CatalogSpans.starts(bytes.span, with: word, at: at) { at += 1 }
    return min(at, limit)
  }

  /// Line ends and references as XML reads them; an entity that nobody declared stays as it is.
  private static func resolved(
    _ raw: ArraySlice<UInt8>,
    isAttribute: Bool,
    hasReferences: Bool = true
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var at = raw.startIndex
    while at < raw.endIndex {
      let byte = raw[at]
      at += 1
      if byte == 0x0D {
        if at < raw.endIndex, raw[at] == 0x0A { at += 1 }
        result.append(isAttribute ? 0x20 : 0x0A)
      } else if isAttribute, byte == 0x0A || byte == 0x09 {
        result.append(0x20)
      } else if hasReferences, byte == UInt8(ascii: "&"),
        let end = raw[at...].firstIndex(of: UInt8(ascii: ";")),
        let character = character(String(decoding: raw[at..<end], as: UTF8.self))
      {
        result += Array(String(character).utf8)
        at = end + 1
      } else {
        result.append(byte)
      }
    }
    return result
  }

  private static func character(_ reference: String) -> Character? {
    switch reference {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard reference.hasPrefix("#") else { return nil }
      let digits = reference.dropFirst()
      let code =
        digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      return code.flatMap(Unicode.Scalar.init).map(Character.init)
    }
  }
}
