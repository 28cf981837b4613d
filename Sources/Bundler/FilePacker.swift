internal import Glibc
internal import ProjectModel

/// Reads files, one after the other, and packs those whose content is new.
///
/// For one task. Memory is bounded whatever a file's size: content goes through in chunks of 256 KiB, always cut
/// at the same places, so that the packed bytes are a function of the content alone. The inspector
/// alone can ask for a whole content.
@safe final class FilePacker {
  static let chunkSize = 256 << 10

  private let folders: FolderChain
  private let options: BundleOptions
  private let inspector: (any MemberInspector)?
  private let deflater = Deflater()
  private let contentHasher = SHA256Hasher()
  private let packedHasher = SHA256Hasher()
  private let chunk: UnsafeMutableRawBufferPointer
  /// Which part of the current file is in `chunk`.
  private var loaded: (offset: UInt64, count: Int)?
  private var sink: RecordSink

  init(
    root: Descriptor,
    options: BundleOptions,
    inspector: (any MemberInspector)?,
    sink: consuming RecordSink
  ) {
    folders = FolderChain(root: root)
    self.options = options
    self.inspector = inspector
    self.sink = sink
    unsafe chunk = .allocate(byteCount: Self.chunkSize, alignment: 16)
  }

  deinit { unsafe chunk.deallocate() }

  /// Reads one file.
  func outcome(of job: ReadJob) -> ReadOutcome {
    do throws(BundleError) {
      return try read(job)
    } catch {
      return .failed(error)
    }
  }

  /// Makes the pieces of all results so far readable.
  func flush() throws(BundleError) { try sink.flush() }

  private func read(_ job: ReadJob) throws(BundleError) -> ReadOutcome {
    let readAt = FileSignature.now()
    let folder: Descriptor
    switch folders.open(job.path.parent) {
    case .success(let descriptor): folder = descriptor
    case .failure(let error) where error.isGone: return .gone
    case .failure(let error):
      throw .unreadable(error.number, isFolder: true, path: job.path.parent.display)
    }
    let file: Descriptor
    // Not following links, and not waiting for the writer of a FIFO that took the name.
    switch folder.open(job.path.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) {
    case .success(let descriptor): file = descriptor
    case .failure(let error) where error.isGone: return .gone
    case .failure(let error):
      throw .unreadable(error.number, isFolder: false, path: job.path.display)
    }
    guard case .success(let before) = file.status(), before.isRegularFile else { return .gone }
    let signature = FileSignature(before)
    guard let content = try pack(job, file: file, size: signature.size) else { return .unstable }

    // The same file under the name, and nothing moved while it was read: no torn content.
    guard case .success(let after) = file.status(), FileSignature(after) == signature,
      case .success(let named) = folder.status(of: job.path.name),
      FileSignature(named) == signature
    else { return .unstable }
    let time =
      options.timestamps == .constant
      ? DOSTime.constant : DOSTime.from(unix: Int64(before.st_mtim.tv_sec))
    let isSettled = signature.isSettled(before: readAt)
    switch content {
    case .known(let known, let bytes):
      let member = known.time == time ? known : known.with(time: time)
      return .read(
        ReadResult(
          member: member,
          signature: signature,
          isSettled: isSettled,
          piece: nil,
          problems: job.isInspected ? nil : inspected(job, bytes)
        )
      )
    case .new(let packed):
      let member = Member(
        path: job.path,
        kind: .file,
        method: packed.method,
        time: time,
        crc32: packed.crc32,
        size: signature.size,
        packedSize: packed.packedSize,
        content: packed.content,
        packed: packed.packed
      )
      return .read(
        ReadResult(
          member: member,
          signature: signature,
          isSettled: isSettled,
          piece: packed.piece,
          problems: inspected(job, packed.bytes)
        )
      )
    }
  }

  private func wants(_ job: ReadJob, _ size: UInt64) -> Bool {
    inspector?.wants(job.path, size: size) ?? false
  }

  private func inspected(_ job: ReadJob, _ bytes: [UInt8]?) -> [Problem] {
    guard let inspector, let bytes else { return [] }
    return inspector.inspect(job.path, content: bytes)
  }

  private enum Content {
    /// What is known, and its bytes where the inspector wants them.
    case known(Member, bytes: [UInt8]?)
    case new(PackedContent)
  }

  /// Reads and packs; `nil` when the file is shorter than it was, or cannot be judged.
  private func pack(
    _ job: ReadJob,
    file: Descriptor,
    size: UInt64
  ) throws(BundleError) -> Content? {
    loaded = nil
    if let known = job.known, known.size == size {
      // Hashing is cheap against packing, so what is known is recognised first.
      var bytes: [UInt8]? = !job.isInspected && wants(job, size) ? [] : nil
      guard let digest = try hash(job, file: file, size: size, &bytes) else { return nil }
      if digest == known.content { return .known(known, bytes: bytes) }
    }
    let mustStore = size == 0 || StoredNames.contains(job.path)
    sink.begin()
    guard
      let packed = try pass(job, file: file, size: size, method: mustStore ? .stored : .deflated)
    else { return nil }
    if packed.method == .stored || packed.packedSize < size { return .new(packed) }
    sink.begin(again: true)
    return try pass(job, file: file, size: size, method: .stored).map { .new($0) }
  }

  private func hash(
    _ job: ReadJob,
    file: Descriptor,
    size: UInt64,
    _ bytes: inout [UInt8]?
  ) throws(BundleError) -> Digest? {
    var offset: UInt64 = 0
    while offset < size {
      guard try load(job, file: file, at: offset, size: size) else {
        _ = contentHasher.finish()
        return nil
      }
      unsafe contentHasher.update(loadedBytes)
      unsafe bytes?.append(contentsOf: loadedBytes)
      unsafe offset += UInt64(loadedBytes.count)
    }
    return contentHasher.finish()
  }

  /// One way through the file, by one method.
  private func pass(
    _ job: ReadJob,
    file: Descriptor,
    size: UInt64,
    method: Member.Method
  ) throws(BundleError) -> PackedContent? {
    let collects = wants(job, size)
    var bytes: [UInt8] = []
    if collects { bytes.reserveCapacity(Int(size)) }
    var crc: UInt32 = 0
    var offset: UInt64 = 0
    if method == .deflated { deflater.reset() }
    while offset < size {
      guard try load(job, file: file, at: offset, size: size) else {
        _ = contentHasher.finish()
        _ = packedHasher.finish()
        sink.begin(again: true)
        return nil
      }
      let part = unsafe loadedBytes
      unsafe contentHasher.update(part)
      unsafe crc = CRC32.updated(crc, with: part)
      if collects { unsafe bytes.append(contentsOf: part) }
      offset += UInt64(part.count)
      switch method {
      case .stored: unsafe try sink.append(part)
      case .deflated:
        unsafe try deflater.deflate(part, last: offset == size) { (output) throws(BundleError) in
          unsafe packedHasher.update(output)
          unsafe try sink.append(output)
        }
      }
    }
    let content = contentHasher.finish()
    let packed = packedHasher.finish()
    return PackedContent(
      method: method,
      crc32: crc,
      packedSize: UInt64(sink.count),
      content: content,
      packed: method == .stored ? content : packed,
      piece: try sink.finish(),
      bytes: collects ? bytes : nil
    )
  }

  private var loadedBytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: chunk[..<(loaded?.count ?? 0)])
  }

  /// Reads the chunk at `offset`, if it is not there from the way before; `false` when the file
  /// ends too early.
  private func load(
    _ job: ReadJob,
    file: Descriptor,
    at offset: UInt64,
    size: UInt64
  ) throws(BundleError) -> Bool {
    let wanted = Int(min(UInt64(Self.chunkSize), size - offset))
    if let loaded, loaded.offset == offset, loaded.count == wanted { return true }
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: chunk[..<wanted])
    switch unsafe file.read(into: part, at: offset) {
    case .success(let count):
      loaded = (offset, count)
      return count == wanted
    case .failure(let error):
      throw .unreadable(error.number, isFolder: false, path: job.path.display)
    }
  }

  /// Makes the next file be opened through its folders anew.
  func forgetFolders() { folders.forget() }
}

/// A content as it was packed.
struct PackedContent {
  let method: Member.Method
  let crc32: UInt32
  let packedSize: UInt64
  let content: Digest
  let packed: Digest
  let piece: PackedPiece
  /// The content itself, where the inspector wants it.
  let bytes: [UInt8]?
}
