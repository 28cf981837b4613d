internal import ProjectModel

/// Unpacks the members of an archive, one after the other, and packs them as syncd does.
///
/// Memory is bounded whatever the members say; the inspector alone can ask for a whole content. The
/// content is cut where `FilePacker` cuts it, so that the packed bytes are those of a build.
final class ArchiveRepacker {
  /// Packed bytes that are unpacked at once: they become at most 1032 times as many.
  private static let partSize: UInt64 = 8 << 10

  private let file: Descriptor
  private let path: String
  private let inspector: (any MemberInspector)?
  private var inflater = Inflater()
  private let deflater = Deflater()
  private let contentHasher = SHA256Hasher()
  private let packedHasher = SHA256Hasher()
  private var sink: RecordSink

  init(
    _ file: Descriptor,
    path: String,
    inspector: (any MemberInspector)?,
    scratch: String
  ) {
    self.file = file
    self.path = path
    self.inspector = inspector
    sink = RecordSink(folder: scratch, keepsSmallInMemory: false)
  }

  struct Result {
    let member: Member
    /// `nil` when the content is the known one.
    let piece: PackedPiece?
    let problems: [Problem]
  }

  /// Makes the pieces of all results so far readable.
  func flush() throws(BundleError) { try sink.flush() }

  /// A file of the archive as a member; what is `known` under its name is not packed again.
  func result(
    of entry: ArchiveEntry,
    at start: UInt64,
    time: UInt32,
    known: Member?
  ) throws(BundleError) -> Result {
    if let known, !known.isFolder, known.size == entry.size, known.crc32 == entry.crc32 {
      let read = try pass(entry, at: start, packing: nil)
      if read.content == known.content {
        return Result(
          member: known.time == time ? known : known.with(time: time),
          piece: nil,
          problems: inspected(entry.path, read.bytes)
        )
      }
    }
    let mustStore = entry.size == 0 || StoredNames.contains(entry.path)
    sink.begin()
    var packed = try pass(entry, at: start, packing: mustStore ? .stored : .deflated)
    if packed.method == .deflated, packed.packedSize >= entry.size {
      sink.begin(again: true)
      packed = try pass(entry, at: start, packing: .stored)
    }
    let member = Member(
      path: entry.path,
      kind: .file,
      method: packed.method,
      time: time,
      crc32: packed.crc32,
      size: entry.size,
      packedSize: packed.packedSize,
      content: packed.content,
      packed: packed.packed
    )
    return Result(
      member: member,
      piece: packed.piece,
      problems: inspected(entry.path, packed.bytes)
    )
  }

  /// The whole content of a file of the archive.
  func content(of entry: ArchiveEntry, at start: UInt64) throws(BundleError) -> [UInt8] {
    var bytes: [UInt8] = []
    var crc: UInt32 = 0
    try unpack(entry, at: start) { (part) throws(BundleError) in
      unsafe part.withUnsafeBytes { unsafe crc = CRC32.updated(crc, with: $0) }
      bytes += part
    }
    guard crc == entry.crc32 else { throw Self.damaged(entry) }
    return bytes
  }

  private func inspected(_ path: ProjectPath, _ bytes: [UInt8]?) -> [Problem] {
    guard let inspector, let bytes else { return [] }
    return inspector.inspect(path, content: bytes)
  }

  /// One way through a member; without a method nothing is packed.
  private func pass(
    _ entry: ArchiveEntry,
    at start: UInt64,
    packing method: Member.Method?
  ) throws(BundleError) -> PackedContent {
    let collects = inspector?.wants(entry.path, size: entry.size) ?? false
    var bytes: [UInt8] = []
    var crc: UInt32 = 0
    var done: UInt64 = 0
    if method == .deflated { deflater.reset() }
    try unpack(entry, at: start) { (part) throws(BundleError) in
      contentHasher.update(part)
      unsafe part.withUnsafeBytes { unsafe crc = CRC32.updated(crc, with: $0) }
      if collects { bytes += part }
      done += UInt64(part.count)
      switch method {
      case nil: break
      case .stored: try sink.append(part)
      case .deflated: try deflate(part, last: done == entry.size)
      }
    }
    let (content, packed) = (contentHasher.finish(), packedHasher.finish())
    guard crc == entry.crc32 else { throw Self.damaged(entry) }
    return PackedContent(
      method: method ?? .stored,
      crc32: crc,
      packedSize: method == nil ? 0 : UInt64(sink.count),
      content: content,
      packed: method == .deflated ? packed : content,
      piece: method == nil ? .memory([]) : try sink.finish(),
      bytes: collects ? bytes : nil
    )
  }

  private func deflate(_ part: [UInt8], last: Bool) throws(BundleError) {
    var output: [UInt8] = []
    unsafe part.withUnsafeBytes { part in
      // Appending to memory does not fail.
      try? unsafe deflater.deflate(part, last: last) { unsafe output.append(contentsOf: $0) }
    }
    packedHasher.update(output)
    try sink.append(output)
  }

  /// Hands out the content, cut at multiples of `FilePacker.chunkSize`.
  private func unpack(
    _ entry: ArchiveEntry,
    at start: UInt64,
    _ take: ([UInt8]) throws(BundleError) -> Void
  ) throws(BundleError) {
    inflater.reset(size: entry.size)
    var waiting: [UInt8] = []
    var done: UInt64 = 0
    while done < entry.packedSize {
      let count = min(Self.partSize, entry.packedSize - done)
      let part = try file.bytes(at: start + done, count: Int(count), path: path)
      done += count
      if entry.isDeflated { try inflate(part, of: entry, into: &waiting) } else { waiting += part }
      while waiting.count >= FilePacker.chunkSize {
        try take(Array(waiting.prefix(FilePacker.chunkSize)))
        waiting.removeFirst(FilePacker.chunkSize)
      }
    }
    if !waiting.isEmpty { try take(waiting) }
    if entry.isDeflated, !inflater.isComplete { throw Self.damaged(entry) }
  }

  private func inflate(
    _ part: [UInt8],
    of entry: ArchiveEntry,
    into waiting: inout [UInt8]
  ) throws(BundleError) {
    var isSound = true
    unsafe part.withUnsafeBytes { part in
      do throws(Inflater.Failure) {
        unsafe try inflater.inflate(part) { unsafe waiting.append(contentsOf: $0) }
      } catch {
        isSound = false
      }
    }
    if !isSound { throw Self.damaged(entry) }
  }

  private static func damaged(_ entry: ArchiveEntry) -> BundleError {
    BundleError(.damaged, "the content of the member is damaged", path: entry.path.display)
  }
}
