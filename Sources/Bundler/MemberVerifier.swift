internal import ProjectModel

/// Reads single members of an archive and holds them against what the directory says.
final class MemberVerifier {
  private static let chunkSize = 64 << 10

  private let file: Descriptor
  private let path: String
  private var inflater = Inflater()
  private let contentHasher = SHA256Hasher()
  private let packedHasher = SHA256Hasher()

  init(file: Descriptor, path: String) {
    self.file = file
    self.path = path
  }

  /// The member whose record is at `offset`, its digests computed from the bytes there.
  func member(_ claim: Member, at offset: UInt64) throws(BundleError) -> Member {
    var header: [UInt8] = []
    ZipRecord.appendLocalHeader(claim, to: &header)
    guard try file.bytes(at: offset, count: header.count, path: path) == header else {
      throw BundleError(
        .notCanonical,
        "the member's own header differs from the directory",
        path: claim.path.display
      )
    }
    let digests = try unpack(claim, at: offset + UInt64(header.count))
    return Member(
      path: claim.path,
      kind: claim.kind,
      method: claim.method,
      time: claim.time,
      crc32: claim.crc32,
      size: claim.size,
      packedSize: claim.packedSize,
      content: digests.content,
      packed: digests.packed
    )
  }

  private func unpack(
    _ claim: Member,
    at start: UInt64
  ) throws(BundleError) -> (content: Digest, packed: Digest) {
    inflater.reset(size: claim.size)
    var crc: UInt32 = 0
    var done: UInt64 = 0
    var isSound = true
    while done < claim.packedSize, isSound {
      let count = Int(min(UInt64(Self.chunkSize), claim.packedSize - done))
      let part = try file.bytes(at: start + done, count: count, path: path)
      done += UInt64(count)
      unsafe part.withUnsafeBytes { part in
        unsafe packedHasher.update(part)
        if claim.method == .stored {
          unsafe contentHasher.update(part)
          unsafe crc = CRC32.updated(crc, with: part)
          return
        }
        do throws(Inflater.Failure) {
          unsafe try inflater.inflate(part) { output in
            unsafe contentHasher.update(output)
            unsafe crc = CRC32.updated(crc, with: output)
          }
        } catch {
          isSound = false
        }
      }
    }
    let digests = (contentHasher.finish(), packedHasher.finish())
    let isWhole = claim.method == .stored || inflater.isComplete
    guard isSound, isWhole, crc == claim.crc32 else {
      throw BundleError(
        .damaged,
        "the content of the member is damaged",
        path: claim.path.display
      )
    }
    return digests
  }
}
