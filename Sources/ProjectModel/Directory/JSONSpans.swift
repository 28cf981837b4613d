/// A JSON text taken apart without losing a byte: members in file order, also those whose key comes
/// twice, and everything between them.
///
/// Foundation's decoder hides duplicate keys and loses the order, and 4D's user ids are that order.
package struct JSONSpans {
  package let root: JSONNode
  /// One step of the indent, taken from the file; a tab where it shows none.
  let unit: ArraySlice<UInt8>
  private let prefix: ArraySlice<UInt8>
  private let suffix: ArraySlice<UInt8>
  /// Where the lines of the scanned bytes end.
  private let lineEnds: [Int]

  /// Scans bytes, after an optional UTF-8 byte order mark, strictly as RFC 8259 has it.
  ///
  /// - Throws: the first place that is not JSON, is nested too deep or is not UTF-8.
  package init(scanning bytes: [UInt8]) throws(JSONSyntax.Failure) {
    try JSONSyntax.check(bytes)
    if let line = Self.firstLineThatIsNotText(bytes) {
      throw JSONSyntax.Failure(line: line, text: "bytes stand in a string that are not UTF-8")
    }
    var reader = JSONReader(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
    reader.skipSpace()
    prefix = bytes[..<reader.position]
    let usesReturns = bytes.firstIndex(of: UInt8(ascii: "\n")).map {
      $0 > 0 && bytes[$0 - 1] == UInt8(ascii: "\r")
    }
    root = reader.value(indent: usesReturns == true ? [0x0D, 0x0A] : [0x0A])
    suffix = bytes[reader.position...]
    lineEnds = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    let first = JSONNode.lineStart(of: root.items.first?.leading ?? [])
      .drop { $0 == 0x0D || $0 == 0x0A }
    unit = first.isEmpty ? [0x09] : first
  }

  /// The text with the edits made to its nodes; without any, the scanned bytes.
  package var bytes: [UInt8] {
    var output = Array(prefix)
    root.write(into: &output)
    output += suffix
    return output
  }

  /// The line, counted from 1, on which a scanned value begins.
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineEnds.count
    while low < high {
      let middle = (low + high) / 2
      if lineEnds[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low + 1
  }

  private static func firstLineThatIsNotText(_ bytes: [UInt8]) -> Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var line = 1
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue("\n"): line += 1
      case .scalarValue: continue
      case .emptyInput: return line
      case .error: return line
      }
    }
  }
}

/// Takes apart what `JSONSyntax` has accepted.
private struct JSONReader {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  @discardableResult
  mutating func skipSpace() -> ArraySlice<UInt8> {
    let start = position
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
    return bytes[start..<position]
  }

  mutating func value(indent: ArraySlice<UInt8>) -> JSONNode {
    let node: JSONNode
    switch current {
    case UInt8(ascii: "{"): node = container(.object, end: UInt8(ascii: "}"))
    case UInt8(ascii: "["): node = container(.array, end: UInt8(ascii: "]"))
    case UInt8(ascii: "\""): node = string()
    default: node = literal()
    }
    node.indent = indent
    return node
  }

  private mutating func container(_ kind: JSONNode.Kind, end: UInt8) -> JSONNode {
    let node = JSONNode(kind, offset: position)
    position += 1
    var space = skipSpace()
    while let byte = current, byte != end {
      let key = kind == .object ? string() : nil
      let colon = kind == .object ? self.colon() : []
      var item = JSONNode.Item(
        leading: space,
        key: key,
        colon: colon,
        value: value(indent: JSONNode.lineStart(of: space))
      )
      space = skipSpace()
      if current == UInt8(ascii: ",") {
        item.trailing = space
        position += 1
        space = skipSpace()
      }
      node.items.append(item)
    }
    node.closing = space
    position = min(position + 1, bytes.count)
    return node
  }

  private mutating func colon() -> ArraySlice<UInt8> {
    let start = position
    skipSpace()
    position = min(position + 1, bytes.count)
    skipSpace()
    return bytes[start..<position]
  }

  private mutating func string() -> JSONNode {
    let start = position
    position += 1
    while let byte = current, byte != UInt8(ascii: "\"") {
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    position = min(position + 1, bytes.count)
    return JSONNode(.string, raw: bytes[start..<position], offset: start)
  }

  private mutating func literal() -> JSONNode {
    let start = position
    while let byte = current, !" \t\r\n,]}".utf8.contains(byte) { position += 1 }
    return JSONNode(.literal, raw: bytes[start..<position], offset: start)
  }
}
