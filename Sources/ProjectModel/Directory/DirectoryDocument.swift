/// The users and groups of a project: `directory.json` (4d-domain §6).
///
/// Hashes stay inside: neither the view nor a problem nor a description shows one.
package struct DirectoryDocument: OwnedDocument {
  package let bytes: [UInt8]
  package let view: DirectoryView
  package let problems: [Problem]
  let content: DirectoryContent
  private let path: ProjectPath
  private let findings: [DirectoryFinding]

  package init(parsing bytes: [UInt8], at path: ProjectPath) throws(UnreadableDocument) {
    try self.init(bytes, path, try Self.scan(bytes, path))
  }

  private init(
    _ bytes: [UInt8],
    _ path: ProjectPath,
    _ spans: JSONSpans
  ) throws(UnreadableDocument) {
    self.bytes = bytes
    self.path = path
    content = DirectoryContent(spans)
    view = DirectoryView(content)
    findings = DirectoryRules.findings(in: content, spans)
    problems = findings.map { $0.problem(in: path) }
  }

  /// The bytes of a new file, as 4D writes it for a new project.
  package static let newFile = Array(
    """
    {
    \t"users": {
    \t\t"designer": {
    \t\t\t"alias": "Designer"
    \t\t},
    \t\t"administrator": {
    \t\t\t"alias": "Administrator"
    \t\t}
    \t},
    \t"sqlSchemaGranters": {
    \t\t"DEFAULT_SCHEMA": {
    \t\t\t"readOnlyAccessGroup": "*",
    \t\t\t"readWriteAccessGroup": "*",
    \t\t\t"allAccessGroup": ""
    \t\t}
    \t},
    \t"settings": {
    \t\t"localGenericWebUser": "Designer",
    \t\t"designAccessGroup": "*",
    \t\t"localMobileAccessGroupRW": "*",
    \t\t"remoteMobileAccessGroupRW": "*",
    \t\t"remoteGenericWebUser": "Designer",
    \t\t"remoteDefaultUser": ""
    \t}
    }
    """.utf8
  )

  package func applying(
    _ operations: [DirectoryOperation],
    in context: PasswordHashes
  ) throws(RefusedEdit) -> DirectoryDocument {
    let spans: JSONSpans
    do throws(UnreadableDocument) {
      spans = try Self.scan(bytes, path)
    } catch {
      throw RefusedEdit([error.problem])
    }
    var editor = DirectoryEditor(spans, file: path)
    for (index, operation) in operations.enumerated() {
      try editor.apply(operation, hash: context[index])
    }
    let edited = spans.bytes
    guard edited != bytes else { return self }
    let result: DirectoryDocument
    do throws(UnreadableDocument) {
      result = try DirectoryDocument(parsing: edited, at: path)
    } catch {
      throw RefusedEdit([error.problem])
    }
    let known = Set(findings.map { $0.identity(after: editor.renames) })
    let broken = result.findings.filter { !known.contains($0.identity()) }
    guard broken.isEmpty else { throw RefusedEdit(broken.map { $0.problem(in: path) }) }
    return result
  }

  /// Takes the bytes apart again; the parts are not kept, because an edit changes them.
  static func scan(
    _ bytes: [UInt8],
    _ path: ProjectPath
  ) throws(UnreadableDocument) -> JSONSpans {
    func unreadable(_ rule: String, _ line: Int?, _ text: String) -> UnreadableDocument {
      UnreadableDocument(
        Problem(rule: rule, severity: .warning, file: path.display, line: line, text: text)
      )
    }
    if let line = MergeMarkers.firstLine(in: bytes) {
      throw unreadable("directory-merge-markers", line, "a merge conflict is not resolved")
    }
    let spans: JSONSpans
    do throws(JSONSyntax.Failure) {
      spans = try JSONSpans(scanning: bytes)
    } catch {
      throw unreadable("directory-not-json", error.line, "the file is not JSON: \(error.text)")
    }
    guard spans.root.kind == .object else {
      let line = spans.root.offset.map { spans.line(at: $0) }
      throw unreadable("directory-not-object", line, "the file holds no object: write {}")
    }
    return spans
  }

  func scanAgain() -> JSONSpans? { try? Self.scan(bytes, path) }
}

extension DirectoryDocument: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  package var description: String {
    "\(path): \(content.users.count) users, \(content.groups.count) groups"
  }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
