package import ProjectModel

/// A delta as it is sent: bytes that never change, readable as long as this object lives.
package final class EncodedDelta: Sendable {
  /// The bundle that it is applied to.
  package let from: Digest
  /// The bundle that comes out.
  package let to: Digest
  package let form: DeltaForm
  /// The size in bytes.
  package let size: UInt64
  /// SHA-256 of the bytes, for a strong ETag: another zlib on the server makes other bytes.
  package let digest: Digest
  private let piece: PackedPiece

  init(
    from: Digest,
    to: Digest,
    form: DeltaForm,
    size: UInt64,
    digest: Digest,
    piece: PackedPiece
  ) {
    self.from = from
    self.to = to
    self.form = form
    self.size = size
    self.digest = digest
    self.piece = piece
  }

  /// Reads up to `count` bytes from `offset`; fewer only at the end.
  package func read(at offset: UInt64, count: Int) throws(BundleError) -> [UInt8] {
    let count = offset < size ? Int(min(UInt64(max(0, count)), size - offset)) : 0
    guard count > 0 else { return [] }
    switch piece {
    case .memory(let bytes): return Array(bytes[Int(offset)..<(Int(offset) + count)])
    case .pack(let file, let start):
      return try file.descriptor.bytes(at: start + offset, count: count, path: "")
    }
  }

  /// All bytes, where they are in memory: deltas of up to 256 KiB.
  package var bytesInMemory: [UInt8]? {
    guard case .memory(let bytes) = piece else { return nil }
    return bytes
  }
}
