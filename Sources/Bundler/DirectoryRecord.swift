internal import ProjectModel

/// One record of an archive's directory, as it is written there.
struct DirectoryRecord {
  /// What the record says; its digests are those of no content.
  let member: Member
  let offset: UInt64

  /// Takes one record off `cursor`; what differs from the one form it can have is an error.
  init(_ cursor: inout ByteCursor, of bytes: [UInt8]) throws(BundleError) {
    let start = cursor.position
    guard let fields = Fields(&cursor), let name = cursor.take(Int(fields.nameSize)),
      let extra = cursor.take(Int(fields.extraSize)), let _ = cursor.take(Int(fields.commentSize))
    else { throw BundleError(.damaged, "the directory of the archive is broken") }
    let isFolder = name.last == UInt8(ascii: "/")
    let path = ProjectPath(bytes: Array(isFolder ? name.dropLast() : name))
    if let what = fields.difference(isFolder: isFolder) {
      throw BundleError(.notCanonical, what, path: path.display)
    }
    guard let sizes = Self.sizes(fields, extra) else {
      throw BundleError(.notCanonical, "the member has extra fields", path: path.display)
    }
    try ManifestRules.check(name: path)
    member = Member(
      path: path,
      kind: isFolder ? .folder : .file,
      method: fields.method == 8 ? .deflated : .stored,
      time: UInt32(fields.date) << 16 | UInt32(fields.time),
      crc32: fields.crc32,
      size: sizes.size,
      packedSize: sizes.packed,
      content: SHA256.empty,
      packed: SHA256.empty
    )
    offset = sizes.offset
    var expected: [UInt8] = []
    ZipRecord.appendCentral(member, offset: offset, to: &expected)
    guard expected.elementsEqual(bytes[start..<cursor.position]) else {
      throw BundleError(
        .notCanonical,
        "the directory record of the member differs",
        path: path.display
      )
    }
  }

  private static func sizes(
    _ fields: Fields,
    _ extra: ArraySlice<UInt8>
  ) -> (size: UInt64, packed: UInt64, offset: UInt64)? {
    var cursor = ByteCursor(extra)
    var values = [fields.size, fields.packedSize, fields.offset].map { UInt64($0) }
    if !extra.isEmpty {
      guard cursor.take(UInt16.self) == 1, cursor.take(UInt16.self) != nil else { return nil }
      for index in values.indices where values[index] == ZipRecord.overflow32 {
        guard let value = cursor.take(UInt64.self) else { return nil }
        values[index] = value
      }
      guard cursor.position == extra.endIndex else { return nil }
    }
    return (values[0], values[1], values[2])
  }
}

/// The fixed fields of a directory record.
private struct Fields {
  let madeBy, needed, flags, method, time, date: UInt16
  let crc32, packedSize, size: UInt32
  let nameSize, extraSize, commentSize, disk, internalAttributes: UInt16
  let externalAttributes, offset: UInt32

  init?(_ cursor: inout ByteCursor) {
    guard cursor.take(UInt32.self) == ZipRecord.centralSignature,
      let madeBy = cursor.take(UInt16.self), let needed = cursor.take(UInt16.self),
      let flags = cursor.take(UInt16.self), let method = cursor.take(UInt16.self),
      let time = cursor.take(UInt16.self), let date = cursor.take(UInt16.self),
      let crc32 = cursor.take(UInt32.self), let packedSize = cursor.take(UInt32.self),
      let size = cursor.take(UInt32.self), let nameSize = cursor.take(UInt16.self),
      let extraSize = cursor.take(UInt16.self), let commentSize = cursor.take(UInt16.self),
      let disk = cursor.take(UInt16.self), let internalAttributes = cursor.take(UInt16.self),
      let externalAttributes = cursor.take(UInt32.self), let offset = cursor.take(UInt32.self)
    else { return nil }
    (self.madeBy, self.needed, self.flags, self.method) = (madeBy, needed, flags, method)
    (self.time, self.date, self.crc32, self.packedSize) = (time, date, crc32, packedSize)
    (self.size, self.nameSize, self.extraSize) = (size, nameSize, extraSize)
    (self.commentSize, self.disk, self.internalAttributes) = (commentSize, disk, internalAttributes)
    (self.externalAttributes, self.offset) = (externalAttributes, offset)
  }

  /// The first difference from what syncd writes, in words.
  func difference(isFolder: Bool) -> String? {
    if flags & 1 != 0 { return "the member is encrypted" }
    if flags & 8 != 0 { return "the member has a data descriptor" }
    if flags & 0x0800 == 0 { return "the name of the member is not marked as UTF-8" }
    if flags != ZipRecord.flags { return "the member was deflated at another level" }
    if method != 0 && method != 8 { return "the member is packed by method \(method)" }
    if isFolder && method != 0 { return "the folder's entry is not stored" }
    if madeBy != ZipRecord.madeBy { return "the member says another program version" }
    if needed != ZipRecord.needed && needed != ZipRecord.neededZip64 {
      return "the member needs version \(needed)"
    }
    let attributes = isFolder ? ZipRecord.folderAttributes : ZipRecord.fileAttributes
    if externalAttributes != attributes || internalAttributes != 0 {
      return "the member has other attributes"
    }
    if commentSize != 0 { return "the member has a comment" }
    return disk != 0 ? "the member is on another disk" : nil
  }
}
