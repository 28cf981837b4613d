internal import ProjectModel

/// What a builder knows of the disk, as it is kept between two runs.
///
/// Disposable: without it, or when a byte of it is wrong, the next start reads every file and packs
/// none that is in the last bundle. Text: a header, a line a file, each followed by the lines of its
/// problems, and the SHA-256 of all that.
struct IndexSidecar {
  struct File {
    let signature: FileSignature
    let isSettled: Bool
    let content: Digest
    var problems: [Problem]
  }

  private(set) var files: [ProjectPath: File] = [:]

  /// The text for these entries; `root` is the signature of the package folder.
  static func encoded(
    _ entries: [BundleIndex.Entry],
    problems: [ProjectPath: [Problem]],
    root: FileSignature
  ) -> [UInt8] {
    var text = header(root)
    for entry in entries where !entry.member.isFolder && entry.isInspected {
      let signature = entry.signature
      let numbers: [UInt64] = [
        signature.device, signature.inode, signature.size,
        UInt64(bitPattern: signature.modified), UInt64(bitPattern: signature.changed),
        entry.isSettled ? 1 : 0,
      ]
      text += Array("file".utf8)
      for number in numbers {
        text.append(tab)
        MemberLine.append(decimal: number, to: &text)
      }
      text.append(tab)
      Hex.append(entry.member.content, to: &text)
      text.append(tab)
      MemberLine.append(name: entry.member.path.bytes, to: &text)
      text.append(lineEnd)
      for problem in problems[entry.member.path] ?? [] { append(problem, to: &text) }
    }
    Hex.append(SHA256.digest(of: text), to: &text)
    text.append(lineEnd)
    return text
  }

  /// Reads the text; `nil` when it is damaged, of another version or of another folder.
  init?(decoding text: [UInt8], root: FileSignature) {
    let start = text.count - 65
    guard start > 0, text.last == Self.lineEnd else { return nil }
    var sum: [UInt8] = []
    Hex.append(SHA256.digest(of: Array(text[..<start])), to: &sum)
    let header = Self.header(root)
    guard text[start...].dropLast().elementsEqual(sum), text[..<start].starts(with: header) else {
      return nil
    }
    var last: ProjectPath?
    for line in text[header.count..<start].split(separator: Self.lineEnd) {
      let fields = line.split(
        separator: Self.tab,
        maxSplits: 8,
        omittingEmptySubsequences: false
      )
      if let (path, file) = Self.file(fields) {
        files[path] = file
        last = path
      } else if let path = last, let problem = Self.problem(fields, path) {
        files[path]?.problems.append(problem)
      } else {
        return nil
      }
    }
  }

  private static let tab = UInt8(ascii: "\t")
  private static let lineEnd = UInt8(ascii: "\n")

  /// Another number has every file looked into again: where it is checked for more than before.
  private static func header(_ root: FileSignature) -> [UInt8] {
    Array("syncd-index 2 root=\(root.device):\(root.inode)\n".utf8)
  }

  private static func file(_ fields: [ArraySlice<UInt8>]) -> (ProjectPath, File)? {
    guard fields.count == 9, fields[0].elementsEqual("file".utf8) else { return nil }
    let numbers = fields[1...6].compactMap { MemberLine.decimal($0) }
    guard numbers.count == 6, let content = MemberLine.digest(fields[7]),
      let name = MemberLine.name(fields[8])
    else { return nil }
    let signature = FileSignature(
      device: numbers[0],
      inode: numbers[1],
      size: numbers[2],
      modified: Int64(bitPattern: numbers[3]),
      changed: Int64(bitPattern: numbers[4])
    )
    return (
      ProjectPath(bytes: name),
      File(signature: signature, isSettled: numbers[5] == 1, content: content, problems: [])
    )
  }

  private static func append(_ problem: Problem, to text: inout [UInt8]) {
    text += Array("problem".utf8)
    let line = problem.line.map { String($0) } ?? ""
    for field in [problem.rule, problem.severity.rawValue, line, problem.text] {
      text.append(tab)
      MemberLine.append(name: Array(field.utf8), to: &text)
    }
    text.append(lineEnd)
  }

  private static func problem(
    _ fields: [ArraySlice<UInt8>],
    _ path: ProjectPath
  ) -> Problem? {
    guard fields.count == 5, fields[0].elementsEqual("problem".utf8) else { return nil }
    let texts = fields[1...].compactMap { MemberLine.name($0) }
      .map { String(decoding: $0, as: UTF8.self) }
    guard texts.count == 4, let severity = Problem.Severity(rawValue: texts[1]) else { return nil }
    return Problem(
      rule: texts[0],
      severity: severity,
      file: path.display,
      line: Int(texts[2]),
      text: texts[3]
    )
  }
}
