/// A pattern of paths: `*` stands for any part of a name, a final `/**` for whatever is below.
struct WebPattern: Hashable, Sendable {
  private let parts: [String]
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
    isFolder = path.isFolder
  }

  /// Whether a path fits; a tree's pattern fits its top too, with a slash at the end or without.
  func matches(_ path: WebPath, ignoringCase: Bool) -> Bool {
    guard isTree ? path.parts.count >= parts.count : path.parts.count == parts.count,
      isTree || path.isFolder == isFolder
    else { return false }
    return zip(parts, path.parts).allSatisfy { pattern, part in
      ignoringCase
        ? Self.fits(pattern.lowercased().utf8, part.lowercased().utf8)
        : Self.fits(pattern.utf8, part.utf8)
    }
  }

  private static func fits(_ pattern: String.UTF8View, _ text: String.UTF8View) -> Bool {
    let pieces = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
      return pattern.elementsEqual(text)
    }
    guard text.count >= first.count + last.count, text.starts(with: first),
      text.suffix(last.count).elementsEqual(last)
    else { return false }
    // Each piece at its first place: what is left for the others is never less elsewhere.
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }
}
