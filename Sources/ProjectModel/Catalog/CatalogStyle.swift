/// How a file is written: line ends, indentation, empty elements.
///
/// New elements follow it.
struct CatalogStyle {
  let newline: [UInt8]
  let indent: [UInt8]
  /// What closes an element without content; `nil` when the file writes `<a></a>`.
  let emptyEnd: [UInt8]?

  init(bytes: [UInt8], spans: CatalogSpans) {
    let end = bytes.firstIndex(of: 0x0A)
    newline = end.map { $0 > 0 && bytes[$0 - 1] == 0x0D ? [0x0D, 0x0A] : [0x0A] } ?? []
    let first = spans.nodes[0].children.first
    let gap = first.map { Self.gap(before: spans.nodes[$0].start, in: bytes) } ?? []
    let spaces = Array(gap.drop { $0 == 0x0D || $0 == 0x0A })
    indent = newline.isEmpty ? [] : spaces.isEmpty ? [0x09] : spaces
    if let node = spans.nodes.first(where: \.closesItself) {
      let hasSpace = CatalogSpans.isSpace(bytes[node.openEnd - 3])
      emptyEnd = Array((hasSpace ? " />" : "/>").utf8)
    } else if spans.nodes.contains(where: { $0.openEnd == $0.closeStart }) {
      emptyEnd = nil
    } else {
      emptyEnd = Array("/>".utf8)
    }
  }

  /// The line break and the white space before an offset; without a break, the white space.
  static func gap(before offset: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
    var start = offset
    while start > 0, CatalogSpans.isSpace(bytes[start - 1]) {
      start -= 1
      guard bytes[start] == 0x0A else { continue }
      if start > 0, bytes[start - 1] == 0x0D { start -= 1 }
      break
    }
    return bytes[start..<offset]
  }

  /// An element, with the line break and indentation that its children take theirs from.
  func render(_ element: CatalogElement, gap: [UInt8], into out: inout [UInt8]) {
    out.append(UInt8(ascii: "<"))
    out += Array(element.name.utf8)
    for attribute in element.attributes {
      out += Array(" \(attribute.name)=\"".utf8)
      out += Self.escaped(attribute.value, quote: UInt8(ascii: "\""))
      out.append(UInt8(ascii: "\""))
    }
    if element.children.isEmpty, element.text.isEmpty, let emptyEnd {
      out += emptyEnd
      return
    }
    out.append(UInt8(ascii: ">"))
    for child in element.children {
      let inner = gap.isEmpty ? [] : gap + indent
      out += inner
      render(child, gap: inner, into: &out)
    }
    if element.children.isEmpty { out += Self.text(of: element) } else { out += gap }
    out += Array("</\(element.name)>".utf8)
  }

  static func text(of element: CatalogElement) -> [UInt8] {
    if element.isCDATA, !element.text.contains("]]>"), !element.text.contains("\r") {
      return Array("<![CDATA[\(element.text)]]>".utf8)
    }
    return escaped(element.text, quote: nil)
  }

  /// The text of a value inside quotes, or of an element without any.
  static func escaped(_ value: String, quote: UInt8?) -> [UInt8] {
    var out: [UInt8] = []
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "&"): out += Array("&amp;".utf8)
      case UInt8(ascii: "<"): out += Array("&lt;".utf8)
      case UInt8(ascii: ">"): out += Array("&gt;".utf8)
      case UInt8(ascii: "\"") where quote == byte: out += Array("&quot;".utf8)
      case UInt8(ascii: "'") where quote == byte: out += Array("&apos;".utf8)
      case 0x0D: out += Array("&#13;".utf8)
      case 0x09 where quote != nil, 0x0A where quote != nil: out += Array("&#\(byte);".utf8)
      default: out.append(byte)
      }
    }
    return out
  }
}
