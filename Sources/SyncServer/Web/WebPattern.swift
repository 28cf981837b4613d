/// A pattern of paths: `*` stands for any part of a name, a final `/**` for whatever is below.
struct WebPattern: Hashable, Sendable {
  private let parts: [String]
  private let folded: [String]
  private let isFolder: Bool
  private let isTree: Bool

  /// Reads a pattern; `nil` for one that no path could match.
  init?(_ text: some StringProtocol) {
    isTree = text.hasSuffix("/**")
    let rest = isTree ? String(text.dropLast(2)) : String(text)
    guard let path = WebPath(rest), !path.parts.contains(where: { $0.contains("**") }) else {
      return nil
    }
    parts = path.parts
    folded = path.folded
    isFolder = path.isFolder
  }

  /// Whether a path fits, as it is written or, with its `folded` parts, in any spelling; a tree's
  /// pattern fits its top too, with a slash at the end or without.
  func matches(_ path: WebPath, folded: [String]? = nil) -> Bool {
    guard isTree ? path.parts.count >= parts.count : path.parts.count == parts.count,
      isTree || path.isFolder == isFolder
    else { return false }
    return zip(folded == nil ? parts : self.folded, folded ?? path.parts).allSatisfy {
      Self.fits($0.utf8, $1.utf8)
    }
  }

  private static func fits(_ pattern: String.UTF8View, _ text: String.UTF8View) -> Bool {
    guard pattern.contains(UInt8(ascii: "*")) else { return pattern.elementsEqual(text) }
    let pieces = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard let first = pieces.first, let last = pieces.last, text.count >= first.count + last.count,
      text.starts(with: first),
      text.suffix(last.count).elementsEqual(last)
    else { return false }
    // Each piece at its first place: what is left for the others is never less elsewhere. In an
    // array: a path has up to 16 KB, and this is done for each rule.
    var rest = Array(text)[first.count..<text.count - last.count]
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let end = Self.end(of: Array(piece), in: rest) else { return false }
      rest = rest[end...]
    }
    return true
  }

  /// Where the first occurrence of a piece ends.
  private static func end(of piece: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    var start = text.startIndex
    while start + piece.count <= text.endIndex {
      if text[start] == piece[0], text[start...].starts(with: piece) { return start + piece.count }
      start += 1
    }
    return nil
  }
}
