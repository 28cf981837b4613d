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
    switch StrictXML.parse(bytes) {
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
}
