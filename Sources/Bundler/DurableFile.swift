internal import CZlib
internal import Glibc

/// A new file that appears under its name whole and durable, or not at all.
final class DurableFile {
  let descriptor: Descriptor
  private let folder: Descriptor
  private let temporaryPath: String
  private var isCommitted = false

  /// The start of the names of files that are not finished.
  static let temporaryPrefix = ".syncd-new-"

  /// Begins a file in `folder`, and makes room for `size` bytes at once, so that a full disk is
  /// seen before anything is written.
  init(in folderPath: String, size: UInt64, mode: mode_t) throws(BundleError) {
    switch Descriptor.open(folderPath, O_RDONLY | O_DIRECTORY) {
    case .success(let opened): folder = opened
    case .failure(let error):
      throw .system(error.number, doing: "open the folder", path: folderPath)
    }
    var template = (folderPath + "/" + Self.temporaryPrefix + "XXXXXX").utf8CString
    let number = unsafe template.withUnsafeMutableBufferPointer { name in
      unsafe name.baseAddress.map { unsafe mkostemp($0, O_CLOEXEC) } ?? -1
    }
    guard number >= 0 else {
      throw .system(errno, doing: "make a file", path: folderPath)
    }
    descriptor = Descriptor(number)
    temporaryPath = unsafe template.withUnsafeBufferPointer { name in
      unsafe name.baseAddress.map { unsafe String(cString: $0) } ?? ""
    }
    fchmod(number, mode)
    if size > 0, fallocate(number, 0, 0, off_t(truncatingIfNeeded: size)) != 0 {
      let reason = errno
      if reason == ENOSPC || reason == EDQUOT || reason == EFBIG {
        throw .system(reason, doing: "write the bundle", path: folderPath)
      }
    }
  }

  deinit {
    if !isCommitted { unsafe unlink(temporaryPath) }
  }

  /// Sets the modification time, in nanoseconds since 1970; where the file system refuses, it stays.
  func setModified(_ nanoseconds: Int64) {
    let time = timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000),
      tv_nsec: Int(nanoseconds % 1_000_000_000)
    )
    unsafe futimens(descriptor.number, [time, time])
  }

  /// Syncs the content, gives the file the name `path` in the folder, and syncs the folder.
  func commit(as path: String) throws(BundleError) {
    guard fsync(descriptor.number) == 0 else {
      throw .system(errno, doing: "write the bundle to the disk", path: path)
    }
    guard unsafe rename(temporaryPath, path) == 0 else {
      throw .system(errno, doing: "give the bundle its name", path: path)
    }
    isCommitted = true
    guard fsync(folder.number) == 0 else {
      throw .system(errno, doing: "write the folder to the disk", path: path)
    }
  }
}
