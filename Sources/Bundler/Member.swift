package import ProjectModel

/// One entry of a bundle: all that the archive and the digest need to know of it.
///
/// Immutable, and shared by every generation in which it is the same.
package final class Member: Sendable {
  package enum Kind: Sendable, Hashable { case file, folder }
  package enum Method: Sendable, Hashable { case stored, deflated }

  package let path: ProjectPath
  package let kind: Kind
  package let method: Method
  package let crc32: UInt32
  /// The DOS date in the upper half, the DOS time in the lower.
  package let time: UInt32
  /// The size of the content in bytes.
  package let size: UInt64
  /// The size of the packed bytes.
  package let packedSize: UInt64
  /// SHA-256 of the content.
  package let content: Digest
  /// SHA-256 of the packed bytes.
  package let packed: Digest
  /// SHA-256 of the member's canonical line.
  package let leaf: Digest
  /// The length of that line in bytes.
  let lineSize: Int

  package init(
    path: ProjectPath,
    kind: Kind,
    method: Method,
    time: UInt32,
    crc32: UInt32,
    size: UInt64,
    packedSize: UInt64,
    content: Digest,
    packed: Digest
  ) {
    self.path = path
    self.kind = kind
    self.method = method
    self.time = time
    self.crc32 = crc32
    self.size = size
    self.packedSize = packedSize
    self.content = content
    self.packed = packed
    let line = MemberLine.bytes(
      path: path,
      kind: kind,
      method: method,
      time: time,
      crc32: crc32,
      size: size,
      packedSize: packedSize,
      content: content,
      packed: packed
    )
    leaf = SHA256.digest(of: line)
    lineSize = line.count
  }

  /// A folder's entry: no content, stored.
  package static func folder(_ path: ProjectPath, time: UInt32) -> Member {
    Member(
      path: path,
      kind: .folder,
      method: .stored,
      time: time,
      crc32: 0,
      size: 0,
      packedSize: 0,
      content: SHA256.empty,
      packed: SHA256.empty
    )
  }

  package var isFolder: Bool { kind == .folder }

  /// The same content and packed bytes with another time.
  func with(time: UInt32) -> Member {
    Member(
      path: path,
      kind: kind,
      method: method,
      time: time,
      crc32: crc32,
      size: size,
      packedSize: packedSize,
      content: content,
      packed: packed
    )
  }
}
