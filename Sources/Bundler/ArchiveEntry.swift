internal import ProjectModel

/// A member as the directory of somebody else's archive describes it.
struct ArchiveEntry {
  let path: ProjectPath
  let isFolder: Bool
  let isLink: Bool
  let isDeflated: Bool
  let time: UInt32
  let crc32: UInt32
  let size: UInt64
  let packedSize: UInt64
  /// Where its local header is.
  let header: UInt64
  private let nameSize: UInt16

  /// Takes one record off `cursor`.
  ///
  /// - Throws: `BundleError` for what no reader of 4D's archives needs: encryption, other methods.
  init(_ cursor: inout ByteCursor) throws(BundleError) {
    guard cursor.take(UInt32.self) == ZipRecord.centralSignature,
      let madeBy = cursor.take(UInt16.self), cursor.take(UInt16.self) != nil,
      let flags = cursor.take(UInt16.self), let method = cursor.take(UInt16.self),
      let clock = cursor.take(UInt16.self), let date = cursor.take(UInt16.self),
      let crc = cursor.take(UInt32.self), let packed = cursor.take(UInt32.self),
      let plain = cursor.take(UInt32.self), let nameSize = cursor.take(UInt16.self),
      let extraSize = cursor.take(UInt16.self), let commentSize = cursor.take(UInt16.self),
      cursor.take(4) != nil, let attributes = cursor.take(UInt32.self),
      let offset = cursor.take(UInt32.self), let name = cursor.take(Int(nameSize)),
      let extra = cursor.take(Int(extraSize)), cursor.take(Int(commentSize)) != nil
    else { throw BundleError(.damaged, "the directory of the archive is broken") }
    let isFolder = name.last == UInt8(ascii: "/")
    let path = ProjectPath(bytes: Array(isFolder ? name.dropLast() : name))
    func refuse(_ code: BundleError.Code, _ what: String) -> BundleError {
      BundleError(code, what, path: path.display)
    }
    if flags & 1 != 0 { throw refuse(.protectedArchive, "the member is encrypted") }
    guard method == 0 || method == 8 else {
      throw refuse(
        .unsupported,
        "the member is packed by method \(method), which syncd does not read"
      )
    }
    let values = Self.long([plain, packed, offset], extra)
    guard let values else { throw refuse(.damaged, "the sizes of the member are missing") }
    let isUnix = madeBy >> 8 == 3 || madeBy >> 8 == 19
    self.path = path
    self.isFolder = isFolder
    isLink = isUnix && attributes >> 28 == 0xA
    isDeflated = method == 8
    time = UInt32(date) << 16 | UInt32(clock)
    crc32 = crc
    (size, packedSize, header) = (values[0], values[1], values[2])
    self.nameSize = nameSize
    guard !isFolder || size == 0 else { throw refuse(.damaged, "a folder has content") }
    try checkSizes()
  }

  /// Refuses what an attacker says to make a reader run out of memory or time.
  private func checkSizes() throws(BundleError) {
    let limit = UInt64(1) << 44
    let isPossible =
      isDeflated
      ? size / 1032 <= packedSize.addingReportingOverflow(16).partialValue
      : size == packedSize
    guard size <= limit, packedSize <= limit, header <= limit, isPossible else {
      throw BundleError(.damaged, "the sizes of the member cannot be", path: path.display)
    }
  }

  /// The sizes and the offset; those that overflow are in the zip64 extra field.
  private static func long(_ short: [UInt32], _ extra: ArraySlice<UInt8>) -> [UInt64]? {
    var values = short.map { UInt64($0) }
    guard values.contains(ZipRecord.overflow32) else { return values }
    var cursor = ByteCursor(extra)
    while let id = cursor.take(UInt16.self), let size = cursor.take(UInt16.self),
      let field = cursor.take(Int(size))
    {
      guard id == 1 else { continue }
      var wide = ByteCursor(field)
      for index in values.indices where values[index] == ZipRecord.overflow32 {
        guard let value = wide.take(UInt64.self) else { return nil }
        values[index] = value
      }
      return values
    }
    return nil
  }

  /// Where the packed bytes begin, once the member's own header was held against the directory.
  func start(in file: Descriptor, path archive: String) throws(BundleError) -> UInt64 {
    let fixed = try file.bytes(at: header, count: 30, path: archive)
    var cursor = ByteCursor(fixed[...])
    guard cursor.take(UInt32.self) == ZipRecord.localSignature, cursor.take(2) != nil,
      let flags = cursor.take(UInt16.self), cursor.take(UInt16.self) == (isDeflated ? 8 : 0),
      cursor.take(4) != nil, let crc = cursor.take(UInt32.self),
      let packed = cursor.take(UInt32.self), let plain = cursor.take(UInt32.self),
      cursor.take(UInt16.self) == nameSize, let extraSize = cursor.take(UInt16.self)
    else { throw different }
    // With a data descriptor these fields are not known yet; a size that overflows is elsewhere.
    let isSame = { (short: UInt32, long: UInt64) in short == UInt32.max || UInt64(short) == long }
    guard flags & 8 != 0 || (crc == crc32 && isSame(packed, packedSize) && isSame(plain, size))
    else { throw different }
    let name = try file.bytes(at: header + 30, count: Int(nameSize), path: archive)
    guard name.elementsEqual(path.bytes + (isFolder ? [UInt8(ascii: "/")] : [])) else {
      throw different
    }
    return header + 30 + UInt64(nameSize) + UInt64(extraSize)
  }

  private var different: BundleError {
    BundleError(
      .damaged,
      "the member's own header differs from the directory",
      path: path.display
    )
  }
}
