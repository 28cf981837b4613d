/// What an archive's size is made of, so that one change costs one addition.
struct ArchiveTotals {
  /// Local headers and packed bytes.
  private var records: UInt64 = 0
  /// The directory, if no offset needs 64 bits.
  private var directory: UInt64 = 0

  init(_ members: [Member] = []) {
    for member in members { add(member) }
  }

  mutating func add(_ member: Member) {
    records += ZipRecord.localHeaderSize(member) + member.packedSize
    directory += ZipRecord.centralSize(member, offset: 0)
  }

  mutating func remove(_ member: Member) {
    records -= ZipRecord.localHeaderSize(member) + member.packedSize
    directory -= ZipRecord.centralSize(member, offset: 0)
  }

  /// The size of the archive of these members, whose totals these are.
  func archiveSize(of members: [Member]) -> UInt64 {
    // Beyond 4 GiB each offset decides on its own record's size.
    guard records < ZipRecord.overflow32 else { return ArchiveLayout(members).archiveSize }
    return records + directory
      + ZipRecord.endSize(count: members.count, directory: directory, offset: records)
  }
}
