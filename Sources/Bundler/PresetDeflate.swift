internal import CZlib

/// zlib's raw deflate against a dictionary that both sides have: for what travels or is kept aside,
/// not for members of archives, which `Deflater` packs.
enum PresetDeflate {
  /// Deflate looks back no further.
  private static let window = 32 << 10
  /// Deflate packs no better than that.
  private static let bestRatio = 1032

  /// Packs `bytes` at the best level; the end of `dictionary` counts.
  static func packed(_ bytes: [UInt8], dictionary: ArraySlice<UInt8> = []) -> [UInt8] {
    var stream = unsafe z_stream()
    let status = unsafe deflateInit2_(
      &stream,
      9,
      Z_DEFLATED,
      -15,
      9,
      Z_DEFAULT_STRATEGY,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    precondition(status == Z_OK, "zlib starts a stream")
    defer { unsafe deflateEnd(&stream) }
    unsafe dictionary.suffix(window).withUnsafeBufferPointer { dictionary in
      guard let start = dictionary.baseAddress, !dictionary.isEmpty else { return }
      unsafe deflateSetDictionary(&stream, start, UInt32(dictionary.count))
    }
    let room = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
    return unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(output.count)
        let status = unsafe deflate(&stream, Z_FINISH)
        precondition(status == Z_STREAM_END, "zlib packs into the room it asked for")
      }
      count = unsafe output.count - Int(stream.avail_out)
    }
  }

  /// Unpacks to exactly `size` bytes; `nil` for anything else, and nothing is allocated for a size
  /// that the packed bytes cannot have.
  static func unpacked(
    _ bytes: ArraySlice<UInt8>,
    size: Int,
    dictionary: ArraySlice<UInt8> = []
  ) -> [UInt8]? {
    guard size >= 0, size / bestRatio <= bytes.count + 16, size < 1 << 31, bytes.count < 1 << 31
    else { return nil }
    var stream = unsafe z_stream()
    let status = unsafe inflateInit2_(
      &stream,
      -15,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    precondition(status == Z_OK, "zlib starts a stream")
    defer { unsafe inflateEnd(&stream) }
    unsafe dictionary.suffix(window).withUnsafeBufferPointer { dictionary in
      guard let start = dictionary.baseAddress, !dictionary.isEmpty else { return }
      unsafe inflateSetDictionary(&stream, start, UInt32(dictionary.count))
    }
    var isWhole = false
    // A byte more than wanted: then zlib says the end also where nothing is to come out.
    let result = unsafe [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(size + 1)
        let status = unsafe inflate(&stream, Z_FINISH)
        isWhole =
          unsafe status == Z_STREAM_END && stream.avail_out == 1 && stream.avail_in == 0
      }
      count = unsafe size + 1 - Int(stream.avail_out)
    }
    return isWhole ? result : nil
  }
}
