/// `catalog.4DCatalog` as it stands in a file: its bytes, and what they mean.
package struct CatalogDocument: OwnedDocument {
  package typealias Operation = CatalogOperation
  package typealias Context = CatalogIDMarks
  package typealias View = CatalogView

  package let bytes: [UInt8]
  /// The `base` element with all it contains.
  package let root: CatalogElement
  let spans: CatalogSpans
  private let path: ProjectPath
  private let violations: [CatalogRules.Violation]

  /// Reads a catalog.
  ///
  /// - Throws: `UnreadableDocument` with the rules of `CatalogCheck`, or `catalog-encoding`.
  package init(parsing bytes: [UInt8], at path: ProjectPath) throws(UnreadableDocument) {
    try self.init(bytes, path, reusing: nil)
  }

  private init(_ bytes: [UInt8], _ path: ProjectPath, reusing old: Self?)
    throws(UnreadableDocument)
  {
    if let problem = CatalogCheck.problems(in: bytes, at: path).first {
      throw UnreadableDocument(problem)
    }
    func unreadable(_ rule: String, _ text: String, _ line: Int?) -> UnreadableDocument {
      UnreadableDocument(
        Problem(rule: rule, severity: .failure, file: path.display, line: line, text: text)
      )
    }
    guard Self.isUTF8(bytes) else {
      throw unreadable("catalog-encoding", "the catalog is not in UTF-8; save it so", 1)
    }
    do throws(CatalogSpans.Failure) {
      spans = try CatalogSpans(scanning: bytes)
    } catch {
      let line = Self.line(of: error.offset, in: bytes)
      throw unreadable("catalog-not-well-formed", "the catalog cannot be read", line)
    }
    self.bytes = bytes
    self.path = path
    let decoder = CatalogDecoder(bytes: bytes, spans: spans)
    root = decoder.root(reusing: old.map { ($0.root, $0.bytes, $0.spans) })
    violations = CatalogRules.violations(of: root)
  }

  package var view: CatalogView { CatalogView(root) }

  package var problems: [Problem] { violations.map(problem) }

  private func problem(_ violation: CatalogRules.Violation) -> Problem {
    var node = 0
    for step in violation.path where spans.nodes[node].children.indices.contains(step) {
      node = spans.nodes[node].children[step]
    }
    let element = violation.identity.element
    return Problem(
      rule: violation.identity.rule,
      severity: .warning,
      file: path.display,
      line: Self.line(of: spans.nodes[node].start, in: bytes),
      element: element.isEmpty ? nil : element,
      text: violation.text
    )
  }

  private var violationIdentities: Set<CatalogRules.Violation.Identity> {
    Set(violations.map(\.identity))
  }

  /// The problems that neither of two other states has.
  func problems(notIn one: Self, or other: Self) -> [Problem] {
    let known = one.violationIdentities.union(other.violationIdentities)
    return violations.filter { !known.contains($0.identity) }.map(problem)
  }

  package func applying(_ operations: [CatalogOperation], in context: CatalogIDMarks)
    throws(RefusedEdit) -> CatalogDocument
  {
    guard !operations.isEmpty else { return self }
    var change = CatalogChange(root, marks: context)
    for (index, operation) in operations.enumerated() {
      do throws(CatalogChange.Refusal) {
        try change.apply(operation)
      } catch {
        let place = operations.count > 1 ? "operation \(index + 1): " : ""
        throw refused(error.rule, error.element, place + error.text)
      }
    }
    let document = try document(with: change.root)
    let broken = document.problems(notIn: self, or: self)
    guard broken.isEmpty else { throw RefusedEdit(broken) }
    return document
  }

  /// The document whose content is `wanted`, with no more bytes changed than that needs.
  ///
  /// - Throws: `catalog-edit-unverified` when the bytes, read again, do not mean it.
  func document(with wanted: CatalogElement) throws(RefusedEdit) -> CatalogDocument {
    let new = CatalogSplicer.bytes(from: root, to: wanted, bytes: bytes, spans: spans)
    if new == bytes, wanted == root { return self }
    let document: CatalogDocument
    do throws(UnreadableDocument) {
      document = try CatalogDocument(new, path, reusing: self)
    } catch {
      throw refused(
        "catalog-edit-unverified",
        nil,
        "the edited catalog could not be read again (\(error.problem.text)); nothing was changed"
      )
    }
    guard document.root == wanted else {
      throw refused(
        "catalog-edit-unverified",
        nil,
        "the edited catalog does not read as intended; nothing was changed"
      )
    }
    return document
  }

  private func refused(_ rule: String, _ element: String?, _ text: String) -> RefusedEdit {
    RefusedEdit([
      Problem(rule: rule, severity: .failure, file: path.display, element: element, text: text)
    ])
  }

  private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    var line = 1
    for byte in bytes.prefix(offset) where byte == 0x0A { line += 1 }
    return line
  }

  /// The scanner reads ASCII-compatible text; libxml2 would read other encodings too.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) { return false }
    if bytes.prefix(4).contains(0) { return false }
    let head = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    guard head.starts(with: Array("<?xml".utf8)),
      let end = head.firstIndex(of: UInt8(ascii: ">"))
    else { return true }
    let text = String(decoding: head[..<end], as: UTF8.self).lowercased()
    guard text.contains("encoding") else { return true }
    return text.contains("utf-8") || text.contains("us-ascii")
  }
}

extension CatalogDocument {
  /// Runs the span scanner alone, on any bytes: for its tests and measurements.
  package static func scanOnly(_ bytes: [UInt8]) {
    _ = try? CatalogSpans(scanning: bytes)
  }
}
