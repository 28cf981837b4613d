/// Turns the difference between a state and a wanted one into replacements of bytes.
///
/// It looks at the two states alone and knows no operation, so that its result, parsed again, can
/// be held against the wanted state.
struct CatalogSplicer {
  private let bytes: [UInt8]
  private let spans: CatalogSpans
  private let style: CatalogStyle
  private var splices: [(range: Range<Int>, bytes: [UInt8])] = []

  private init(_ bytes: [UInt8], _ spans: CatalogSpans) {
    self.bytes = bytes
    self.spans = spans
    style = CatalogStyle(bytes: bytes, spans: spans)
  }

  /// The bytes of the wanted state: those of the old one where nothing differs.
  static func bytes(
    from old: CatalogElement,
    to new: CatalogElement,
    bytes: [UInt8],
    spans: CatalogSpans
  ) -> [UInt8] {
    var splicer = CatalogSplicer(bytes, spans)
    splicer.compare(old, 0, new)
    return splicer.spliced()
  }

  private func spliced() -> [UInt8] {
    guard !splices.isEmpty else { return bytes }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + splices.reduce(0) { $0 + $1.bytes.count })
    var at = 0
    let ordered = splices.enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }
    for (_, splice) in ordered where splice.range.lowerBound >= at {
      out += bytes[at..<splice.range.lowerBound]
      out += splice.bytes
      at = splice.range.upperBound
    }
    out += bytes[at...]
    return out
  }

  private mutating func compare(_ old: CatalogElement, _ index: Int, _ new: CatalogElement) {
    let node = spans.nodes[index]
    if old.attributes != new.attributes { compareAttributes(old, node, new) }
    if old.children == new.children {
      guard old.text != new.text || old.isCDATA != new.isCDATA else { return }
      replaceContent(of: node, old, with: CatalogStyle.text(of: new))
    } else {
      compareChildren(old, node, new)
    }
  }

  private mutating func compareAttributes(
    _ old: CatalogElement,
    _ node: CatalogSpans.Node,
    _ new: CatalogElement
  ) {
    func end(before index: Int) -> Int {
      index == 0 ? node.nameEnd : spans.attributes[node.attributes.lowerBound + index - 1].end
    }
    var anchor = node.nameEnd
    for attribute in new.attributes {
      guard let index = old.attributes.firstIndex(where: { $0.name == attribute.name }) else {
        let text = Array(" \(attribute.name)=\"".utf8)
        let value = CatalogStyle.escaped(attribute.value, quote: UInt8(ascii: "\""))
        splices.append((anchor..<anchor, text + value + [UInt8(ascii: "\"")]))
        continue
      }
      let span = spans.attributes[node.attributes.lowerBound + index]
      anchor = span.end
      guard old.attributes[index].value != attribute.value else { continue }
      let quote = bytes[span.value.upperBound]
      splices.append((span.value, CatalogStyle.escaped(attribute.value, quote: quote)))
    }
    for (index, attribute) in old.attributes.enumerated() where new[attribute.name] == nil {
      splices.append((end(before: index)..<end(before: index + 1), []))
    }
  }

  private mutating func compareChildren(
    _ old: CatalogElement,
    _ node: CatalogSpans.Node,
    _ new: CatalogElement
  ) {
    let kept = Self.kept(from: old.children, to: new.children)
    if kept.isEmpty, new.children.isEmpty {
      replaceContent(of: node, old, with: CatalogStyle.text(of: new))
      return
    }
    let remaining = Set(kept.values)
    for (index, child) in node.children.enumerated() where !remaining.contains(index) {
      let place = spans.nodes[child]
      let gap = CatalogStyle.gap(before: place.start, in: bytes)
      splices.append((gap.startIndex..<place.end, []))
    }
    let gap = childGap(of: node)
    var anchor = node.openEnd
    var inserted: [UInt8] = []
    var insertions: [(Int, [UInt8])] = []
    for (index, child) in new.children.enumerated() {
      if let place = kept[index] {
        if !inserted.isEmpty { insertions.append((anchor, inserted)) }
        inserted = []
        anchor = spans.nodes[node.children[place]].end
        compare(old.children[place], node.children[place], child)
      } else {
        inserted += gap
        style.render(child, gap: gap, into: &inserted)
      }
    }
    if !inserted.isEmpty { insertions.append((anchor, inserted)) }
    insert(insertions, into: node, old)
  }

  private mutating func insert(
    _ insertions: [(Int, [UInt8])],
    into node: CatalogSpans.Node,
    _ old: CatalogElement
  ) {
    guard node.children.isEmpty, let (_, text) = insertions.first else {
      // At one offset an insertion comes before the removal that starts there.
      splices.insert(contentsOf: insertions.map { ($0.0..<$0.0, $0.1) }, at: 0)
      return
    }
    let isBlank = !node.closesItself && node.openEnd < node.closeStart && old.text.isEmpty
    if isBlank {
      splices.append((node.openEnd..<node.openEnd, text))
    } else {
      replaceContent(of: node, old, with: text + gap(of: node))
    }
  }

  /// Puts other content into an element that loses all it has, or has none.
  private mutating func replaceContent(
    of node: CatalogSpans.Node,
    _ old: CatalogElement,
    with content: [UInt8]
  ) {
    if content.isEmpty, let emptyEnd = style.emptyEnd {
      guard !node.closesItself else { return }
      splices.append(((node.openEnd - 1)..<node.end, emptyEnd))
    } else if node.closesItself {
      var start = node.openEnd - 2
      while CatalogSpans.isSpace(bytes[start - 1]) { start -= 1 }
      let end = Array("</\(old.name)>".utf8)
      splices.append((start..<node.end, [UInt8(ascii: ">")] + content + end))
    } else {
      splices.append((node.openEnd..<node.closeStart, content))
    }
  }

  /// What stands before a child: as before its siblings, or one step deeper than the element.
  private func childGap(of node: CatalogSpans.Node) -> [UInt8] {
    if let last = node.children.last {
      return Array(CatalogStyle.gap(before: spans.nodes[last].start, in: bytes))
    }
    let gap = gap(of: node)
    return gap.isEmpty ? [] : gap + style.indent
  }

  private func gap(of node: CatalogSpans.Node) -> [UInt8] {
    let gap = CatalogStyle.gap(before: node.start, in: bytes)
    return gap.contains(0x0A) ? Array(gap) : []
  }

  /// For each new child that is an old one, the old one's place; places only rise.
  private static func kept(from old: [CatalogElement], to new: [CatalogElement]) -> [Int: Int] {
    var kept: [Int: Int] = [:]
    let common = min(old.count, new.count)
    var head = 0
    while head < common, old[head] == new[head] {
      kept[head] = head
      head += 1
    }
    var tail = 0
    while tail < common - head, old[old.count - 1 - tail] == new[new.count - 1 - tail] {
      tail += 1
      kept[new.count - tail] = old.count - tail
    }
    let places = Dictionary(
      uniqueKeysWithValues: zip(
        Array(old[head..<(old.count - tail)]).siblingKeys,
        head..<(old.count - tail)
      )
    )
    var last = head - 1
    for (offset, key) in Array(new[head..<(new.count - tail)]).siblingKeys.enumerated() {
      guard let place = places[key], place > last else { continue }
      kept[head + offset] = place
      last = place
    }
    return kept
  }
}
