internal import CZlib
internal import Glibc

/// A nameless file that holds packed members until they are in a bundle; the disk has it back when
/// the last reference goes, also when the process dies.
package final class PackFile: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  /// Makes one in `folder`.
  init(in folder: String) throws(BundleError) {
    switch Descriptor.open(folder, openNameless | O_RDWR, mode: 0o600) {
    case .success(let descriptor): self.descriptor = descriptor
    case .failure(let error) where error.number == EOPNOTSUPP || error.number == EISDIR:
      // The file system has no nameless files: a name that is there for a moment does as well.
      descriptor = try Self.named(in: folder)
    case .failure(let error):
      throw .system(error.number, doing: "make a scratch file", path: folder)
    }
  }

  private static func named(in folder: String) throws(BundleError) -> Descriptor {
    var template = (folder + "/.syncd-pack-XXXXXX").utf8CString
    let number = unsafe template.withUnsafeMutableBufferPointer { name in
      let number = unsafe name.baseAddress.map { unsafe mkostemp($0, O_CLOEXEC) } ?? -1
      if number >= 0, let start = name.baseAddress { unsafe unlink(start) }
      return number
    }
    guard number >= 0 else {
      throw .system(errno, doing: "make a scratch file", path: folder)
    }
    return Descriptor(number)
  }
}

/// Where packed bytes are that are in no bundle yet.
enum PackedPiece: Sendable {
  case memory([UInt8])
  case pack(PackFile, offset: UInt64)

  var sizeInMemory: Int {
    guard case .memory(let bytes) = self else { return 0 }
    return bytes.count
  }
}
