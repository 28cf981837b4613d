import CInotifyTools
import Glibc

/// What a file system can be trusted with.
struct FileSystemType {
  // The numbers of statfs(2).
  private static let remote: Set<UInt32> = [
    0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B, 0x0102_1997, 0x6573_5546, 0x5346_414F, 0x00C3_6400,
    0x786F_4256, 0x7C7C_6673, 0x0BD0_0BD0, 0x6B41_4653,
  ]
  private static let fineGrained: Set<UInt32> = [0xEF53, 0x0102_1994, 0x5846_5342, 0x9123_683E]

  /// Others change files without this kernel's knowledge: NFS, SMB, 9P, FUSE and their like.
  let isRemote: Bool
  /// Two changes in quick succession may bear the same time.
  let hasCoarseTimes: Bool

  init(of folder: borrowing DirectoryHandle) {
    var status = statfs()
    _ = unsafe fstatfs(folder.descriptor, &status)
    let type = UInt32(truncatingIfNeeded: status.f_type)
    isRemote = Self.remote.contains(type)
    hasCoarseTimes = !(Self.fineGrained.contains(type) && Self.kernelHasFineTimes)
  }

  /// Since Linux 6.13 a change after a look never bears the time that the look saw.
  private static var kernelHasFineTimes: Bool {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return false }
    let release = unsafe withUnsafeBytes(of: &name.release) { buffer in
      unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) >= (6, 13)
  }
}
