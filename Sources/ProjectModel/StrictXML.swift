import CLibXML2

/// The one strict parse of XML: it touches neither the network nor another file and builds no tree.
///
/// No DTD is loaded, no external entity is read, nothing is recovered.
enum StrictXML {
  enum Verdict {
    case parsed(root: String, hasInternalSubset: Bool)
    case malformed(line: Int?, text: String)
  }

  /// libxml2 sets itself up once, before any thread parses.
  private static let library: Void = xmlInitParser()

  static func parse(_ bytes: [UInt8]) -> Verdict {
    _ = library
    guard !bytes.isEmpty else { return .malformed(line: 1, text: "the file is empty") }
    guard bytes.count < 1 << 30 else {
      return .malformed(line: nil, text: "the file is larger than a gigabyte")
    }
    guard let context = unsafe xmlNewParserCtxt() else {
      return .malformed(line: nil, text: "no memory to parse it")
    }
    defer { unsafe xmlFreeParserCtxt(context) }
    unsafe dropTree(of: context)
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
    let document = unsafe bytes.withUnsafeBytes { buffer in
      unsafe xmlCtxtReadMemory(
        context,
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(buffer.count),
        nil,
        nil,
        Int32(options)
      )
    }
    guard let document = unsafe document else { return unsafe failure(of: context) }
    defer { unsafe xmlFreeDoc(document) }
    let root = unsafe context.pointee._private.map { name in
      unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
    }
    let subset = unsafe document.pointee.intSubset
    return .parsed(root: root ?? "", hasInternalSubset: unsafe subset?.pointee.children != nil)
  }

  /// The parser reads everything as before, and keeps of the content the root's name alone.
  ///
  /// The declarations stay libxml2's own: whether an entity is known depends on them.
  private static func dropTree(of context: xmlParserCtxtPtr) {
    guard let sax = unsafe context.pointee.sax else { return }
    // The name is in the parser's dictionary, which lives as long as the parser.
    unsafe sax.pointee.startElementNs = { data, name, _, _, _, _, _, _, _ in
      guard let data = unsafe data, let name = unsafe name else { return }
      let context = unsafe data.assumingMemoryBound(to: xmlParserCtxt.self)
      guard unsafe context.pointee._private == nil else { return }
      unsafe context.pointee._private = UnsafeMutableRawPointer(mutating: name)
    }
    unsafe sax.pointee.endElementNs = nil
    unsafe sax.pointee.characters = nil
    unsafe sax.pointee.ignorableWhitespace = nil
    unsafe sax.pointee.cdataBlock = nil
    unsafe sax.pointee.comment = nil
    unsafe sax.pointee.processingInstruction = nil
    unsafe sax.pointee.reference = nil
  }

  private static func failure(of context: xmlParserCtxtPtr) -> Verdict {
    let error = unsafe context.pointee.lastError
    let text = unsafe error.message.map { unsafe String(cString: $0) } ?? "unknown error"
    let line = unsafe error.line > 0 ? Int(error.line) : nil
    return .malformed(line: line, text: text.split(separator: "\n").first.map(String.init) ?? text)
  }
}
