internal import ProjectModel

/// The records of the archive format, as pure functions of the members.
enum ZipRecord {
  static let localSignature: UInt32 = 0x0403_4b50
  static let centralSignature: UInt32 = 0x0201_4b50
  static let endSignature: UInt32 = 0x0605_4b50
  static let zip64EndSignature: UInt32 = 0x0606_4b50
  static let zip64LocatorSignature: UInt32 = 0x0706_4b50
  static let endSize = 22
  static let zip64EndSize = 56
  static let zip64LocatorSize = 20
  /// Version 6.3, Unix.
  static let madeBy: UInt16 = 0x033f
  static let needed: UInt16 = 20
  /// What a reader needs to know for records with 64-bit fields.
  static let neededZip64: UInt16 = 45
  /// Names are UTF-8.
  static let flags: UInt16 = 0x0800
  static let fileAttributes: UInt32 = 0x81a4_0000
  static let folderAttributes: UInt32 = 0x41ff_0000
  /// A 32-bit field with this value says that the real one is in the zip64 extra field.
  static let overflow32 = UInt64(UInt32.max)
  static let overflow16 = UInt64(UInt16.max)
  /// The longest path of a member: a folder's name has a slash more, and its length is 16 bits.
  static let longestPath = Int(UInt16.max) - 1

  static func localHeaderSize(_ member: Member) -> UInt64 {
    UInt64(30 + nameSize(member) + (needsLocalZip64(member) ? 20 : 0))
  }

  /// The local header; it holds no offset, so it is the same wherever the member lies.
  static func appendLocalHeader(_ member: Member, to bytes: inout [UInt8]) {
    let zip64 = needsLocalZip64(member)
    let start = bytes.count
    bytes += localTemplate
    bytes.put(zip64 ? neededZip64 : needed, at: start + 4)
    putCommon(member, at: start + 8, in: &bytes)
    // The standard wants both sizes in the extra field here, if one overflows.
    bytes.put(zip64 ? UInt32.max : UInt32(truncatingIfNeeded: member.packedSize), at: start + 18)
    bytes.put(zip64 ? UInt32.max : UInt32(truncatingIfNeeded: member.size), at: start + 22)
    bytes.put(UInt16(truncatingIfNeeded: nameSize(member)), at: start + 26)
    appendName(member, to: &bytes)
    if zip64 {
      bytes.put(UInt16(20), at: start + 28)
      bytes.append(little: UInt16(1))
      bytes.append(little: UInt16(16))
      bytes.append(little: member.size)
      bytes.append(little: member.packedSize)
    }
  }

  static func centralSize(_ member: Member, offset: UInt64) -> UInt64 {
    let fields = overflowing(member, offset: offset)
    return UInt64(46 + nameSize(member) + (fields == 0 ? 0 : 4 + 8 * fields))
  }

  /// The record in the directory, of a member whose local header is at `offset`.
  static func appendCentral(_ member: Member, offset: UInt64, to bytes: inout [UInt8]) {
    let fields = overflowing(member, offset: offset)
    let start = bytes.count
    bytes += member.isFolder ? folderTemplate : fileTemplate
    if fields > 0 {
      bytes.put(neededZip64, at: start + 6)
      bytes.put(UInt16(4 + 8 * fields), at: start + 30)
    }
    putCommon(member, at: start + 10, in: &bytes)
    bytes.put(clamped(member.packedSize), at: start + 20)
    bytes.put(clamped(member.size), at: start + 24)
    bytes.put(UInt16(truncatingIfNeeded: nameSize(member)), at: start + 28)
    bytes.put(clamped(offset), at: start + 42)
    appendName(member, to: &bytes)
    guard fields > 0 else { return }
    bytes.append(little: UInt16(1))
    bytes.append(little: UInt16(8 * fields))
    for value in [member.size, member.packedSize, offset] where value >= overflow32 {
      bytes.append(little: value)
    }
  }

  static func endSize(count: Int, directory: UInt64, offset: UInt64) -> UInt64 {
    let zip64 = needsZip64End(count: count, directory: directory, offset: offset)
    return UInt64(endSize + (zip64 ? zip64EndSize + zip64LocatorSize : 0))
  }

  /// The end of the archive: `count` members, a directory of that size at `offset`.
  static func appendEnd(
    count: Int,
    directory: UInt64,
    offset: UInt64,
    to bytes: inout [UInt8]
  ) {
    if needsZip64End(count: count, directory: directory, offset: offset) {
      bytes.append(little: zip64EndSignature)
      bytes.append(little: UInt64(zip64EndSize - 12))
      bytes.append(little: madeBy)
      bytes.append(little: neededZip64)
      bytes.append(little: UInt32(0))
      bytes.append(little: UInt32(0))
      bytes.append(little: UInt64(count))
      bytes.append(little: UInt64(count))
      bytes.append(little: directory)
      bytes.append(little: offset)
      bytes.append(little: zip64LocatorSignature)
      bytes.append(little: UInt32(0))
      bytes.append(little: offset + directory)
      bytes.append(little: UInt32(1))
    }
    let shortCount = UInt16(truncatingIfNeeded: min(UInt64(count), overflow16))
    bytes.append(little: endSignature)
    bytes.append(little: UInt16(0))
    bytes.append(little: UInt16(0))
    bytes.append(little: shortCount)
    bytes.append(little: shortCount)
    bytes.append(little: clamped(directory))
    bytes.append(little: clamped(offset))
    bytes.append(little: UInt16(0))
  }

  static func needsZip64End(count: Int, directory: UInt64, offset: UInt64) -> Bool {
    UInt64(count) >= overflow16 || directory >= overflow32 || offset >= overflow32
  }

  private static func needsLocalZip64(_ member: Member) -> Bool {
    member.size >= overflow32 || member.packedSize >= overflow32
  }

  /// How many of a directory record's fields do not fit in 32 bits.
  private static func overflowing(_ member: Member, offset: UInt64) -> Int {
    (member.size >= overflow32 ? 1 : 0) + (member.packedSize >= overflow32 ? 1 : 0)
      + (offset >= overflow32 ? 1 : 0)
  }

  private static func clamped(_ value: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: min(value, overflow32))
  }

  private static func nameSize(_ member: Member) -> Int {
    member.path.bytes.count + (member.isFolder ? 1 : 0)
  }

  private static func appendName(_ member: Member, to bytes: inout [UInt8]) {
    bytes += member.path.bytes
    if member.isFolder { bytes.append(UInt8(ascii: "/")) }
  }

  /// What local header and directory record have in common: method, time, date and CRC.
  private static func putCommon(_ member: Member, at index: Int, in bytes: inout [UInt8]) {
    bytes.put(UInt16(member.method == .deflated ? 8 : 0), at: index)
    bytes.put(member.time, at: index + 2)
    bytes.put(member.crc32, at: index + 6)
  }

  /// Records are copied from these and filled in: with field after field appended, the directory
  /// would take longer than the archive.
  private static let localTemplate = template { record in
    record.append(little: localSignature)
    record.append(little: needed)
    record.append(little: flags)
    record += [UInt8](repeating: 0, count: 22)
  }

  private static let fileTemplate = centralTemplate(fileAttributes)
  private static let folderTemplate = centralTemplate(folderAttributes)

  private static func centralTemplate(_ attributes: UInt32) -> [UInt8] {
    template { record in
      record.append(little: centralSignature)
      record.append(little: madeBy)
      record.append(little: needed)
      record.append(little: flags)
      // No comment, disk 0, no internal attributes among them.
      record += [UInt8](repeating: 0, count: 28)
      record.append(little: attributes)
      record.append(little: UInt32(0))
    }
  }

  private static func template(_ fill: (inout [UInt8]) -> Void) -> [UInt8] {
    var record: [UInt8] = []
    fill(&record)
    return record
  }
}

extension [UInt8] {
  /// Appends an integer, its lowest byte first.
  mutating func append<Value: FixedWidthInteger>(little value: Value) {
    var rest = value
    for _ in 0..<(Value.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Puts an integer over the bytes from `index`, its lowest byte first.
  mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at index: Int) {
    unsafe withUnsafeMutableBytes { bytes in
      unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: index, as: Value.self)
    }
  }
}
