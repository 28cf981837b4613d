internal import Glibc
package import ProjectModel

/// A published bundle: a file that never changes, readable as long as this object lives, also after
/// its name is gone.
package final class BundleFile: Sendable {
  package let path: String
  package let manifest: Manifest
  /// Open for reading.
  package let descriptor: Descriptor
  /// What `stat` said of it, so that a change by somebody else is noticed.
  private let signature: FileSignature
  private let layout: ArchiveLayout

  init(path: String, manifest: Manifest, descriptor: Descriptor) throws(BundleError) {
    self.path = path
    self.manifest = manifest
    self.descriptor = descriptor
    layout = ArchiveLayout(manifest.members)
    switch descriptor.status() {
    case .success(let status): signature = FileSignature(status)
    case .failure(let error):
      throw .system(error.number, doing: "look at the bundle", path: path)
    }
    guard signature.size == layout.archiveSize else {
      throw BundleError(.damaged, "the bundle has not the size that its manifest says", path: path)
    }
  }

  /// Opens the bundle at `path`, whose manifest is known from `verifyBundle` or an earlier run.
  ///
  /// Only its size is looked at: who copies members out of it holds each against its digest.
  package convenience init(path: String, manifest: Manifest) throws(BundleError) {
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let descriptor):
      try self.init(path: path, manifest: manifest, descriptor: descriptor)
    case .failure(let error): throw .system(error.number, doing: "open the bundle", path: path)
    }
  }

  package var digest: Digest { manifest.digest }

  /// The size in bytes.
  package var size: UInt64 { layout.archiveSize }

  /// Whether nobody wrote to the file since it was opened; names given and taken do not count.
  var isIntact: Bool {
    guard case .success(let status) = descriptor.status() else { return false }
    let now = FileSignature(status)
    return now.size == signature.size && now.modified == signature.modified
  }

  /// Reads up to `count` bytes from `offset`; fewer only at the end.
  package func read(at offset: UInt64, count: Int) throws(BundleError) -> [UInt8] {
    let count = offset < size ? min(UInt64(max(0, count)), size - offset) : 0
    return try descriptor.bytes(at: offset, count: Int(count), path: path)
  }

  /// The offset of a member's packed bytes, if this bundle has just these under its path.
  func dataOffset(of member: Member) -> UInt64? {
    guard let index = manifest.index(of: member.path, isFolder: member.isFolder) else { return nil }
    let own = manifest.members[index]
    guard own === member || (own.packed == member.packed && own.packedSize == member.packedSize)
    else { return nil }
    return layout.dataOffset(index, of: own)
  }

  /// The offset of the packed bytes of the member at `index`.
  func dataOffset(_ index: Int) -> UInt64 {
    layout.dataOffset(index, of: manifest.members[index])
  }

  /// Where the record (local header and packed bytes) of the member at `index` begins.
  func recordOffset(_ index: Int) -> UInt64 { layout.offsets[index] }
}

extension Descriptor {
  /// Exactly `count` bytes from `offset`.
  func bytes(at offset: UInt64, count: Int, path: String) throws(BundleError) -> [UInt8] {
    var failure: Errno?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]
      )
      switch unsafe read(into: part, at: offset) {
      case .success(let read): filled = read
      case .failure(let error): failure = error
      }
    }
    if let failure { throw .system(failure.number, doing: "read the file", path: path) }
    guard bytes.count == count else {
      throw BundleError(.damaged, "the file is shorter than it was", path: path)
    }
    return bytes
  }
}
