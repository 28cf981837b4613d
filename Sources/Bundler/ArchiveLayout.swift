/// Where everything lies in an archive: a pure function of its members.
struct ArchiveLayout: Sendable {
  /// The offset of each member's local header, then that of the directory.
  let offsets: [UInt64]
  let directorySize: UInt64
  let archiveSize: UInt64

  init(_ members: [Member]) {
    var offsets: [UInt64] = []
    offsets.reserveCapacity(members.count + 1)
    var offset: UInt64 = 0
    var directory: UInt64 = 0
    for member in members {
      offsets.append(offset)
      directory += ZipRecord.centralSize(member, offset: offset)
      offset += ZipRecord.localHeaderSize(member) + member.packedSize
    }
    offsets.append(offset)
    self.offsets = offsets
    directorySize = directory
    archiveSize =
      offset + directory
      + ZipRecord.endSize(count: members.count, directory: directory, offset: offset)
  }

  var directoryOffset: UInt64 { offsets[offsets.count - 1] }

  /// The offset of a member's packed bytes.
  func dataOffset(_ index: Int, of member: Member) -> UInt64 {
    offsets[index] + ZipRecord.localHeaderSize(member)
  }
}
