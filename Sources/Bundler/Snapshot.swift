package import ProjectModel

/// One state of the project: its manifest, and where the packed bytes are.
///
/// A snapshot stays valid whatever the builder does next: it holds what it needs to be written.
package struct Snapshot: Sendable {
  package let manifest: Manifest
  /// In the order of the paths.
  package let problems: [Problem]
  /// Packed members that are in no bundle yet.
  let fresh: [Digest: FreshPiece]
  /// The bundle that has all the others.
  let base: BundleFile?
  /// Counts the builder's snapshots.
  let number: UInt64
  let lineage: Lineage

  /// Where the packed bytes of a member are; `nil` only when the base bundle lost them.
  func source(of member: Member) -> PackedSource? {
    if member.packedSize == 0 { return .memory([]) }
    if let piece = fresh[member.packed]?.piece {
      switch piece {
      case .memory(let bytes): return .memory(bytes)
      case .pack(let file, let offset): return .file(file.descriptor, offset: offset)
      }
    }
    guard let base, let offset = base.dataOffset(of: member) else { return nil }
    return .file(base.descriptor, offset: offset)
  }

  /// The packed bytes of a member of this snapshot.
  package func packedBytes(of member: Member) throws(BundleError) -> [UInt8] {
    switch source(of: member) {
    case .memory(let bytes): return bytes
    case .file(let descriptor, let offset):
      return try descriptor.bytes(at: offset, count: Int(member.packedSize), path: "")
    case nil: throw .lostBase
    }
  }
}

/// A packed member in no bundle yet, and the last snapshot that brought it.
struct FreshPiece: Sendable {
  let piece: PackedPiece
  let number: UInt64
}

/// Where packed bytes can be read.
enum PackedSource: Sendable {
  case memory([UInt8])
  case file(Descriptor, offset: UInt64)
}

extension BundleError {
  static let lostBase = BundleError(
    .damaged,
    "packed bytes of unchanged files are no longer in the last bundle",
    remedy: "build the bundle again"
  )
}
