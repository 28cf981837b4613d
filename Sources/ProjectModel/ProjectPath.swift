/// A path below the package root, as the raw bytes that the disk holds: `Project/Sources/x.4dm`.
///
/// No leading or trailing slash; the root itself is the empty path. Bytes are never decoded,
/// normalised or folded: `%2F` in a name stays `%2F`.
package struct ProjectPath: Hashable, Sendable {
  package let bytes: [UInt8]

  package static let root = ProjectPath(bytes: [])

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package init(_ string: String) { bytes = Array(string.utf8) }

  package var isRoot: Bool { bytes.isEmpty }

  package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

  /// The last component; empty for the root.
  package var name: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
    return bytes[(slash + 1)...]
  }

  /// The folder that holds this path; the root's parent is the root.
  package var parent: ProjectPath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
    return ProjectPath(bytes: Array(bytes[..<slash]))
  }

  package func appending(_ name: some Collection<UInt8>) -> ProjectPath {
    isRoot
      ? ProjectPath(bytes: Array(name)) : ProjectPath(bytes: bytes + [UInt8(ascii: "/")] + name)
  }

  /// Whether this path is `folder` or lies below it.
  package func isInside(_ folder: ProjectPath) -> Bool {
    folder.isRoot
      || (bytes.starts(with: folder.bytes)
        && (bytes.count == folder.bytes.count || bytes[folder.bytes.count] == UInt8(ascii: "/")))
  }

  /// The text for people: invalid UTF-8 is shown as U+FFFD.
  package var display: String { String(decoding: bytes, as: UTF8.self) }
}

extension ProjectPath: CustomStringConvertible {
  package var description: String { display }
}
