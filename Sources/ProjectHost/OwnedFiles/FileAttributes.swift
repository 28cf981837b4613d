import Glibc

/// Owner, rights and extended attributes, carried from one file to another.
struct FileAttributes {
  private let owner: uid_t
  private let group: gid_t
  private let mode: mode_t
  private let extended: [(name: String, value: [UInt8])]

  init?(of file: Int32) {
    var status = stat()
    guard fstat(file, &status) == 0 else { return nil }
    owner = status.st_uid
    group = status.st_gid
    mode = status.st_mode & 0o7777
    extended = Self.extended(of: file)
  }

  /// Gives them to a new file. Owner and group stay as they are where this account may not set
  /// them, and attributes where the file system takes none: the content matters more.
  func set(on file: Int32, _ path: String) throws(FileFailure) {
    if fchown(file, owner, group) != 0 { _ = fchown(file, uid_t.max, group) }
    for (name, value) in extended {
      let isSet = LinuxCalls.fsetxattr?(file, name, value, value.count, 0) == 0
      if !isSet, errno == ENOSPC || errno == EDQUOT || errno == EIO {
        throw FileFailure(errno, "write the attributes of", path)
      }
    }
    guard fchmod(file, mode) == 0 else { throw FileFailure(errno, "set the rights of", path) }
  }

  private static func extended(of file: Int32) -> [(name: String, value: [UInt8])] {
    guard let list = LinuxCalls.flistxattr, let get = LinuxCalls.fgetxattr else { return [] }
    // The kernel's limits: 64 KB for the names, and for each value.
    var names = [CChar](repeating: 0, count: 65_536)
    let size = list(file, &names, names.count)
    guard size > 0 else { return [] }
    let bytes = names[..<size].map { UInt8(bitPattern: $0) }
    return bytes.split(separator: 0).compactMap { name in
      let name = String(decoding: name, as: UTF8.self)
      var value = [UInt8](repeating: 0, count: 65_536)
      let count = get(file, name, &value, value.count)
      return count >= 0 ? (name, Array(value[..<count])) : nil
    }
  }
}
