internal import ProjectModel

/// Reads members of the bundle that a delta is applied to, one behind the other in large pieces,
/// and holds each against its digest.
@safe final class BaseWindow {
  private static let size = 256 << 10

  private let bundle: BundleFile
  private let hasher = SHA256Hasher()
  private var bytes: [UInt8] = []
  /// Where `bytes` begin in the bundle.
  private var start: UInt64 = 0

  init(_ bundle: BundleFile) { self.bundle = bundle }

  var manifest: Manifest { bundle.manifest }

  /// Hands out the packed bytes of the member at `index`, in pieces.
  func read(
    _ index: Int,
    _ take: (UnsafeRawBufferPointer) throws(BundleError) -> Void
  ) throws(BundleError) {
    let member = bundle.manifest.members[index]
    let offset = bundle.dataOffset(index)
    var done: UInt64 = 0
    while done < member.packedSize {
      let count = Int(min(UInt64(Self.size), member.packedSize - done))
      let range = try load(offset + done, count, member)
      let result = unsafe bytes.withUnsafeBytes { bytes in
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
        unsafe hasher.update(part)
        return Result { () throws(BundleError) in unsafe try take(part) }
      }
      try result.get()
      done += UInt64(count)
    }
    guard hasher.finish() == member.packed else { throw Self.damaged(member) }
  }

  /// All packed bytes of a member.
  func bytes(_ index: Int) throws(BundleError) -> [UInt8] {
    var all: [UInt8] = []
    unsafe try read(index) { unsafe all.append(contentsOf: $0) }
    return all
  }

  private func load(
    _ offset: UInt64,
    _ count: Int,
    _ member: Member
  ) throws(BundleError) -> Range<Int> {
    if offset < start || offset + UInt64(count) > start + UInt64(bytes.count) {
      bytes = try bundle.read(at: offset, count: Self.size)
      start = offset
      guard bytes.count >= count else { throw Self.damaged(member) }
    }
    let place = Int(offset - start)
    return place..<(place + count)
  }

  private static func damaged(_ member: Member) -> BundleError {
    BundleError(
      .damagedBase,
      "this member of the bundle at hand is damaged",
      path: member.path.display,
      remedy: "get the whole bundle"
    )
  }
}
