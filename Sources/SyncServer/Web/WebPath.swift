import Foundation

/// The path of a request, in its parts and without escapes.
///
/// A path that two programs could read in two ways is none: what a rule was asked about must be what
/// is opened, here or by the server behind a proxy. So there are no dots that lead elsewhere, no
/// empty parts, no escaped slashes, no backslashes, no control characters, nothing escaped twice, no
/// parameters inside a part, and no part that ends with a dot or a space, which Windows leaves out.
struct WebPath: Hashable, Sendable {
  let parts: [String]
  /// Whether it ends with a slash, as that of a folder.
  let isFolder: Bool

  init(parts: [String], isFolder: Bool) {
    self.parts = parts
    self.isFolder = isFolder
  }

  /// Reads a path as a request's target has it, without the query.
  init?(_ text: some StringProtocol) {
    let slash = UInt8(ascii: "/")
    guard text.utf8.first == slash else { return nil }
    var pieces = text.utf8.dropFirst()
      .split(separator: slash, omittingEmptySubsequences: false)
      .map { Array($0) }
    isFolder = pieces.last?.isEmpty == true
    if isFolder { pieces.removeLast() }
    var parts: [String] = []
    for piece in pieces {
      guard let part = Self.part(piece) else { return nil }
      parts.append(part)
    }
    self.parts = parts
  }

  /// The parts in one of all spellings that somebody could take for the same.
  var folded: [String] {
    parts.map { part in
      // By way of the capitals, which more letters share: `ſ` and `s`, `ß` and `ss`.
      part.utf8.allSatisfy { $0 < 0x80 }
        ? part.lowercased()
        : part.precomposedStringWithCompatibilityMapping.uppercased().lowercased()
          .precomposedStringWithCompatibilityMapping
    }
  }

  /// The folder's own page, or the path itself.
  func file(index: String) -> WebPath {
    isFolder ? WebPath(parts: parts + [index], isFolder: false) : self
  }

  private static func part(_ piece: [UInt8]) -> String? {
    guard let bytes = PercentCode.decode(piece), let last = bytes.last,
      last != UInt8(ascii: "."), last != UInt8(ascii: " "), bytes.allSatisfy(isClear),
      !isEscaped(bytes)
    else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Whether there would be escapes left for somebody who decodes twice.
  private static func isEscaped(_ bytes: [UInt8]) -> Bool {
    bytes.indices.contains { index in
      bytes[index] == UInt8(ascii: "%")
        && PercentCode.decode(bytes[index...].prefix(3))?.count == 1
    }
  }

  private static func isClear(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F && !"/\\;".utf8.contains(byte)
  }
}
