internal import CZlib

/// zlib's raw inflate, never giving out more than it is allowed to.
@safe struct Inflater: ~Copyable {
  enum Failure: Error { case damaged, tooLong }

  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer
  private var rest: UInt64 = 0
  /// Whether the last block has ended.
  private(set) var isAtEnd = false

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    unsafe output = .allocate(byteCount: 64 << 10, alignment: 16)
    let status = unsafe inflateInit2_(
      stream,
      -15,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    precondition(status == Z_OK, "zlib starts a stream")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
    unsafe output.deallocate()
  }

  /// Begins the next member, of `size` bytes.
  mutating func reset(size: UInt64) {
    unsafe inflateReset(stream)
    rest = size
    isAtEnd = false
  }

  /// Whether everything came that was said.
  var isComplete: Bool { isAtEnd && rest == 0 }

  /// Unpacks the next part and hands what comes out to `emit`.
  mutating func inflate(
    _ part: UnsafeRawBufferPointer,
    emit: (UnsafeRawBufferPointer) -> Void
  ) throws(Failure) {
    let input = unsafe part.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: input)
    unsafe stream.pointee.avail_in = UInt32(part.count)
    repeat {
      // Packed bytes after the end are in no archive of ours.
      if isAtEnd {
        if unsafe stream.pointee.avail_in > 0 { throw .damaged }
        return
      }
      unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(output.count)
      let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        throw .damaged
      }
      isAtEnd = status == Z_STREAM_END
      let count = unsafe output.count - Int(stream.pointee.avail_out)
      guard UInt64(count) <= rest else { throw .tooLong }
      rest -= UInt64(count)
      if count > 0 { unsafe emit(UnsafeRawBufferPointer(rebasing: output[..<count])) }
    } while unsafe stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0
  }
}
