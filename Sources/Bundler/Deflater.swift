internal import CZlib

/// zlib's raw deflate as the format wants it: level 6, window 15, memLevel 9.
///
/// Costs about 400 kB; one is used for many members in turn.
@safe struct Deflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    unsafe output = .allocate(byteCount: 64 << 10, alignment: 16)
    let status = unsafe deflateInit2_(
      stream,
      6,
      Z_DEFLATED,
      -15,
      9,
      Z_DEFAULT_STRATEGY,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    precondition(status == Z_OK, "zlib starts a stream")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
    unsafe output.deallocate()
  }

  /// Begins the next member.
  func reset() {
    unsafe deflateReset(stream)
  }

  /// Packs the next part of a member and hands what comes out to `emit`, in parts.
  ///
  /// The bytes depend on the content and on where it is cut; callers cut at multiples of one size.
  func deflate(
    _ part: UnsafeRawBufferPointer,
    last: Bool,
    emit: (UnsafeRawBufferPointer) throws(BundleError) -> Void
  ) throws(BundleError) {
    let input = unsafe part.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: input)
    unsafe stream.pointee.avail_in = UInt32(part.count)
    repeat {
      unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(output.count)
      let status = unsafe CZlib.deflate(stream, last ? Z_FINISH : Z_NO_FLUSH)
      precondition(status != Z_STREAM_ERROR, "a started stream takes bytes")
      let count = unsafe output.count - Int(stream.pointee.avail_out)
      if count > 0 { unsafe try emit(UnsafeRawBufferPointer(rebasing: output[..<count])) }
    } while unsafe stream.pointee.avail_out == 0
  }
}
