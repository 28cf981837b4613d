internal import Glibc

/// Takes the packed bytes of one member after the other, and keeps them in memory or spills them.
struct RecordSink: ~Copyable {
  /// Above this a member does not stay in memory.
  private static let longestInMemory = 256 << 10
  private static let bufferSize = 256 << 10

  private let folder: String
  private let keepsSmallInMemory: Bool
  private var pack: PackFile?
  /// Where `buffer` belongs in the pack file.
  private var flushed: UInt64 = 0
  private var buffer: [UInt8] = []
  /// Where the current member begins in the pack file.
  private var start: UInt64 = 0
  private(set) var count = 0

  /// A sink that makes its pack file in `folder` when it needs one; `keepsSmallInMemory` is for the
  /// few members of an update.
  init(folder: String, keepsSmallInMemory: Bool) {
    self.folder = folder
    self.keepsSmallInMemory = keepsSmallInMemory
  }

  /// Begins a member, or the current one anew.
  mutating func begin(again: Bool = false) {
    if again {
      if start >= flushed {
        buffer.removeLast(buffer.count - Int(start - flushed))
      } else {
        flushed = start
        buffer.removeAll(keepingCapacity: true)
      }
    }
    start = flushed + UInt64(buffer.count)
    count = 0
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
    unsafe buffer.append(contentsOf: bytes)
    try appended(bytes.count)
  }

  mutating func append(_ bytes: [UInt8]) throws(BundleError) {
    buffer += bytes
    try appended(bytes.count)
  }

  private mutating func appended(_ more: Int) throws(BundleError) {
    count += more
    let limit = keepsSmallInMemory ? Self.longestInMemory : Self.bufferSize
    if buffer.count > limit { try flush() }
  }

  /// Ends the member and says where its bytes are, once `flush()` was called.
  mutating func finish() throws(BundleError) -> PackedPiece {
    guard count > 0 else { return .memory([]) }
    guard keepsSmallInMemory else { return .pack(try packFile(), offset: start) }
    if start == flushed {
      let bytes = buffer
      buffer = []
      return .memory(bytes)
    }
    // What began in the pack file ends there.
    try flush()
    return .pack(try packFile(), offset: start)
  }

  /// Writes what is still in the buffer.
  mutating func flush() throws(BundleError) {
    guard !buffer.isEmpty else { return }
    let file = try packFile()
    let result = unsafe buffer.withUnsafeBytes { unsafe file.descriptor.write($0, at: flushed) }
    if case .failure(let error) = result {
      throw .system(error.number, doing: "write packed members", path: folder)
    }
    flushed += UInt64(buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func packFile() throws(BundleError) -> PackFile {
    if let pack { return pack }
    let made = try PackFile(in: folder)
    pack = made
    return made
  }
}
