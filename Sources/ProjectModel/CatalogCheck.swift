import CLibXML2

/// What must hold of `catalog.4DCatalog` before a generation may carry it.
///
/// The parse is strict and touches neither the network nor another file: no DTD is loaded, no
/// external entity is read, nothing is recovered.
package enum CatalogCheck {
  /// The problems of a catalog, each one failing the reload; empty when it may be published.
  package static func problems(in bytes: [UInt8], at path: ProjectPath) -> [Problem] {
    func failure(_ rule: String, line: Int?, _ text: String) -> Problem {
      Problem(rule: rule, severity: .failure, file: path.display, line: line, text: text)
    }
    if let line = MergeMarkers.firstLine(in: bytes) {
      return [failure("catalog-merge-markers", line: line, "a merge conflict is not resolved")]
    }
    switch parse(bytes) {
    case .malformed(let line, let text):
      return [failure("catalog-not-well-formed", line: line, "the catalog is not XML: \(text)")]
    case .parsed(let root, _) where root != "base":
      return [failure("catalog-root", line: nil, "the root element is '\(root)', not 'base'")]
    case .parsed(_, hasInternalSubset: true):
      return [
        failure("catalog-internal-dtd", line: nil, "the catalog declares an internal DTD subset")
      ]
    case .parsed: return []
    }
  }

  private enum Parse {
    case parsed(root: String, hasInternalSubset: Bool)
    case malformed(line: Int?, text: String)
  }

  /// libxml2 sets itself up once, before any thread parses.
  private static let library: Void = xmlInitParser()

  private static func parse(_ bytes: [UInt8]) -> Parse {
    _ = library
    guard !bytes.isEmpty else { return .malformed(line: 1, text: "the file is empty") }
    guard let context = unsafe xmlNewParserCtxt() else {
      return .malformed(line: nil, text: "no memory to parse it")
    }
    defer { unsafe xmlFreeParserCtxt(context) }
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
    let root = unsafe xmlDocGetRootElement(document).flatMap { element in
      unsafe element.pointee.name.map { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
    }
    let subset = unsafe document.pointee.intSubset
    return .parsed(root: root ?? "", hasInternalSubset: unsafe subset?.pointee.children != nil)
  }

  private static func failure(of context: xmlParserCtxtPtr) -> Parse {
    let error = unsafe context.pointee.lastError
    let text = unsafe error.message.map { unsafe String(cString: $0) } ?? "unknown error"
    let line = unsafe error.line > 0 ? Int(error.line) : nil
    return .malformed(line: line, text: text.split(separator: "\n").first.map(String.init) ?? text)
  }
}
