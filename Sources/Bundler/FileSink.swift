internal import CZlib
internal import Glibc

/// Writes a file from its beginning to its end: small parts gathered in a buffer, long runs of
/// another file copied inside the kernel.
struct FileSink: ~Copyable {
  private static let bufferSize = 256 << 10
  /// From here on a call into the kernel is cheaper than the way through the buffer.
  private static let longRun: UInt64 = 64 << 10

  private let descriptor: Descriptor
  /// For errors.
  private let path: String
  private var flushed: UInt64 = 0
  private var buffer: [UInt8] = []

  init(_ descriptor: Descriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
    buffer.reserveCapacity(Self.bufferSize + 4096)
  }

  /// How much was written.
  var position: UInt64 { flushed + UInt64(buffer.count) }

  /// Appends what `fill` puts at the end of the buffer; a record, not more.
  mutating func append(_ fill: (inout [UInt8]) -> Void) throws(BundleError) {
    fill(&buffer)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  mutating func append(_ bytes: [UInt8]) throws(BundleError) {
    buffer += bytes
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Appends `count` bytes of another file.
  mutating func copy(from source: Descriptor, at offset: UInt64, count: UInt64) throws(BundleError)
  {
    if count >= Self.longRun {
      try flush()
      if try copyInKernel(from: source, at: offset, count: count) { return }
    }
    var done: UInt64 = 0
    while done < count {
      let part = Int(min(UInt64(Self.bufferSize), count - done))
      buffer += try source.bytes(at: offset + done, count: part, path: path)
      done += UInt64(part)
      if buffer.count >= Self.bufferSize { try flush() }
    }
  }

  /// Writes what is in the buffer.
  mutating func flush() throws(BundleError) {
    guard !buffer.isEmpty else { return }
    let result = unsafe buffer.withUnsafeBytes { unsafe descriptor.write($0, at: flushed) }
    if case .failure(let error) = result {
      throw .system(error.number, doing: "write the bundle", path: path)
    }
    flushed += UInt64(buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  /// `false` when the file systems do not offer it, and nothing was written.
  private mutating func copyInKernel(
    from source: Descriptor,
    at offset: UInt64,
    count: UInt64
  ) throws(BundleError) -> Bool {
    var from = off_t(truncatingIfNeeded: offset)
    var to = off_t(truncatingIfNeeded: flushed)
    var rest = Int(truncatingIfNeeded: count)
    while rest > 0 {
      let copied = unsafe copy_file_range(source.number, &from, descriptor.number, &to, rest, 0)
      if copied > 0 {
        rest -= copied
        flushed += UInt64(copied)
        continue
      }
      if copied < 0, errno == EINTR { continue }
      let isUntouched = rest == Int(truncatingIfNeeded: count)
      if copied < 0, isUntouched, [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) {
        return false
      }
      guard copied < 0 else {
        throw BundleError(.damaged, "the file is shorter than it was", path: path)
      }
      throw .system(errno, doing: "write the bundle", path: path)
    }
    return true
  }
}
