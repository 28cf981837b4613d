import ProjectModel

/// The smallest document that owned files can be tried on: lines of `key=value`.
struct LinesDocument: OwnedDocument {
  enum Operation: Codable, Hashable, Sendable {
    case set(String, String)
    /// Adds one to a number: done twice, it shows.
    case count(String)
    /// A key `id<n>` that was never used.
    case add
    case remove(String)
  }

  struct View: Codable, Sendable { let lines: [String: String] }

  let bytes: [UInt8]
  let lines: [String: String]
  private let path: ProjectPath

  var view: View { View(lines: lines) }

  var problems: [Problem] {
    lines["odd"] == nil ? [] : [Self.problem("odd", path, nil, "the key odd is odd")]
  }

  init(parsing bytes: [UInt8], at path: ProjectPath) throws(UnreadableDocument) {
    if let line = MergeMarkers.firstLine(in: bytes) {
      throw UnreadableDocument(Self.problem("markers", path, line, "a conflict is not resolved"))
    }
    let texts = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n",
      omittingEmptySubsequences: false
    )
    guard texts.count > 1, texts.last == "" else {
      throw UnreadableDocument(Self.problem("torn", path, texts.count, "the last line is torn"))
    }
    var lines: [String: String] = [:]
    for (index, text) in texts.dropLast().enumerated() {
      guard let cut = text.firstIndex(of: "=") else {
        throw UnreadableDocument(Self.problem("line", path, index + 1, "the line has no ="))
      }
      lines[String(text[..<cut])] = String(text[cut...].dropFirst())
    }
    self.bytes = bytes
    self.lines = lines
    self.path = path
  }

  private init(_ lines: [String: String], _ path: ProjectPath) {
    self.lines = lines
    self.path = path
    bytes = Array(
      lines.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined().utf8
    )
  }

  // The context is the largest `id<n>` that was ever given.
  func applying(
    _ operations: [Operation],
    in context: Int
  ) throws(RefusedEdit) -> LinesDocument {
    var lines = lines
    var largest = max(context, Self.largestID(lines))
    for operation in operations {
      switch operation {
      case .set(let key, let value): lines[key] = value
      case .count(let key): lines[key] = String((lines[key].flatMap { Int($0) } ?? 0) + 1)
      case .add:
        largest += 1
        lines["id\(largest)"] = "new"
      case .remove(let key):
        guard lines.removeValue(forKey: key) != nil else {
          throw RefusedEdit([Self.problem("no-key", path, nil, "there is no key \(key)")])
        }
      }
    }
    return lines == self.lines ? self : LinesDocument(lines, path)
  }

  var largestID: Int { Self.largestID(lines) }

  private static func largestID(_ lines: [String: String]) -> Int {
    lines.keys.compactMap { $0.hasPrefix("id") ? Int($0.dropFirst(2)) : nil }.max() ?? 0
  }

  func touched(by operations: [Operation]) -> Set<String> {
    Set(
      operations.map { operation in
        switch operation {
        case .set(let key, _), .count(let key), .remove(let key): key
        case .add: "id"
        }
      }
    )
  }

  func elementsChanged(since old: LinesDocument) -> Set<String> {
    Set(lines.keys).union(old.lines.keys).filter { lines[$0] != old.lines[$0] }
  }

  private static func problem(
    _ rule: String,
    _ path: ProjectPath,
    _ line: Int?,
    _ text: String
  ) -> Problem {
    Problem(rule: rule, severity: .warning, file: path.display, line: line, text: text)
  }
}
