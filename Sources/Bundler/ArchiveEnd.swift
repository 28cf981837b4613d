/// What the end of an archive says: how many members, and where the directory is.
struct ArchiveEnd {
  let count: UInt64
  let directorySize: UInt64
  let directoryOffset: UInt64

  /// Reads the end of an archive of `size` bytes, in the one form it can have.
  init(_ file: Descriptor, size: UInt64, path: String) throws(BundleError) {
    let start = try file.bytes(at: 0, count: Int(min(size, 4)), path: path)
    guard size >= UInt64(ZipRecord.endSize) else { throw Self.foreign(start, path) }
    let record = try file.bytes(
      at: size - UInt64(ZipRecord.endSize),
      count: ZipRecord.endSize,
      path: path
    )
    guard let short = ShortEnd(record) else { throw Self.foreign(start, path) }
    guard short.signature == ZipRecord.endSignature else {
      let directory = UInt64(short.offset) + UInt64(short.directory)
      let isWhole = start == Self.firstBytes && directory == size - UInt64(ZipRecord.endSize)
      if isWhole && short.count > 0 { throw Self.protected(path) }
      if try Self.hasComment(file, size: size, path: path) {
        throw Self.odd("the archive has a comment", path)
      }
      throw Self.foreign(start, path)
    }
    var end = (
      count: UInt64(short.count), directory: UInt64(short.directory), offset: UInt64(short.offset)
    )
    if short.overflows {
      let long = UInt64(ZipRecord.zip64EndSize + ZipRecord.zip64LocatorSize + ZipRecord.endSize)
      guard size >= long,
        let fields = LongEnd(
          try file.bytes(at: size - long, count: ZipRecord.zip64EndSize, path: path)
        )
      else { throw Self.odd("its end says zip64, and the records for that are missing", path) }
      end = (fields.count, fields.directory, fields.offset)
    }
    count = end.count
    directorySize = end.directory
    directoryOffset = end.offset
    try checkForm(file, size: size, short: short, path: path)
  }

  /// The end is right when writing what it says gives the same bytes.
  private func checkForm(
    _ file: Descriptor,
    size: UInt64,
    short: ShortEnd,
    path: String
  ) throws(BundleError) {
    guard short.commentSize == 0 else { throw Self.odd("the records at its end differ", path) }
    let (start, isHuge) = directoryOffset.addingReportingOverflow(directorySize)
    guard !isHuge, start <= size, size - start <= 98, count <= 1 << 24,
      directorySize >= count * 46
    else {
      throw BundleError(.damaged, "the directory is not where the archive says", path: path)
    }
    var expected: [UInt8] = []
    ZipRecord.appendEnd(
      count: Int(count),
      directory: directorySize,
      offset: directoryOffset,
      to: &expected
    )
    guard try file.bytes(at: start, count: Int(size - start), path: path) == expected else {
      throw Self.odd("the records at its end differ", path)
    }
  }

  /// Whether an end record stands so far before the end as its comment is long.
  private static func hasComment(
    _ file: Descriptor,
    size: UInt64,
    path: String
  ) throws(BundleError) -> Bool {
    let count = Int(min(size, 65_535 + UInt64(ZipRecord.endSize)))
    let tail = try file.bytes(at: size - UInt64(count), count: count, path: path)
    return tail.indices.dropLast(ZipRecord.endSize).contains { index in
      tail[index] == 0x50 && tail[index + 1] == 0x4b
        && ShortEnd(Array(tail[index..<(index + ZipRecord.endSize)])).map { end in
          end.signature == ZipRecord.endSignature
            && index + ZipRecord.endSize + Int(end.commentSize) == count
        } == true
    }
  }

  private static let firstBytes: [UInt8] = [0x50, 0x4b, 3, 4]

  private static func odd(_ what: String, _ path: String) -> BundleError {
    BundleError(.notCanonical, what, path: path)
  }

  private static func protected(_ path: String) -> BundleError {
    BundleError(
      .protectedArchive,
      "this is a protected archive of 4D, which only 4D reads",
      path: path,
      remedy: "build it with the standard ZIP format (UseStandardZipFormat)"
    )
  }

  private static func foreign(_ start: [UInt8], _ path: String) -> BundleError {
    start == firstBytes
      ? BundleError(
        .damaged,
        "the archive is incomplete, or a protected archive of 4D, which only 4D reads",
        path: path
      )
      : BundleError(.notABundle, "this is no .4dz archive", path: path)
  }
}

/// The fields of the last record.
private struct ShortEnd {
  let signature: UInt32
  let count: UInt16
  let directory: UInt32
  let offset: UInt32
  let commentSize: UInt16

  init?(_ bytes: [UInt8]) {
    var cursor = ByteCursor(bytes[...])
    guard let signature = cursor.take(UInt32.self), cursor.take(6) != nil,
      let count = cursor.take(UInt16.self), let directory = cursor.take(UInt32.self),
      let offset = cursor.take(UInt32.self), let commentSize = cursor.take(UInt16.self)
    else { return nil }
    self.signature = signature
    self.count = count
    self.directory = directory
    self.offset = offset
    self.commentSize = commentSize
  }

  var overflows: Bool { count == .max || directory == .max || offset == .max }
}

/// The fields of the zip64 end record.
private struct LongEnd {
  let count: UInt64
  let directory: UInt64
  let offset: UInt64

  init?(_ bytes: [UInt8]) {
    var cursor = ByteCursor(bytes[...])
    guard cursor.take(UInt32.self) == ZipRecord.zip64EndSignature, cursor.take(28) != nil,
      let count = cursor.take(UInt64.self), let directory = cursor.take(UInt64.self),
      let offset = cursor.take(UInt64.self)
    else { return nil }
    self.count = count
    self.directory = directory
    self.offset = offset
  }
}
