/// The raw bytes of a name or of a path relative to the root.
package struct RawPath: Hashable, Sendable {
  package static let root = RawPath([])
  package static let separator = UInt8(ascii: "/")

  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package init(_ text: String) {
    bytes = Array(text.utf8)
  }

  // Array hashes element by element; names are hashed for every file and event.
  package func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// The path of `name` in the folder that this path names.
  func appending(_ name: RawPath) -> RawPath {
    guard !bytes.isEmpty else { return name }
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count + 1 + name.bytes.count)
    joined.append(contentsOf: bytes)
    joined.append(Self.separator)
    joined.append(contentsOf: name.bytes)
    return RawPath(joined)
  }

  /// The paths above this one, nearest first; the root is the last.
  package var ancestors: some Sequence<RawPath> {
    sequence(state: bytes.isEmpty ? -1 : bytes.count) { end -> RawPath? in
      guard end > 0 else { return nil }
      end = bytes[..<end].lastIndex(of: Self.separator) ?? 0
      return RawPath(Array(bytes[..<end]))
    }
  }

  /// Whether the path names something in the folder, at any depth.
  package func isBelow(_ folder: RawPath) -> Bool {
    guard !folder.bytes.isEmpty else { return !bytes.isEmpty }
    return bytes.count > folder.bytes.count && bytes[folder.bytes.count] == Self.separator
      && bytes.starts(with: folder.bytes)
  }

  /// As C functions take it.
  var cString: [CChar] {
    var text: [CChar] = []
    text.reserveCapacity(bytes.count + 1)
    for byte in bytes { text.append(CChar(bitPattern: byte)) }
    text.append(0)
    return text
  }

  /// For sentences; bytes that are not UTF-8 come out as replacement characters.
  package var text: String {
    String(decoding: bytes, as: UTF8.self)
  }
}
