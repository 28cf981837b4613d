internal import Glibc

/// A bundle that is being written: first the room for it, then its bytes.
struct BundleWriting {
  private let path: String
  private let writer: ArchiveWriter
  private let file: DurableFile

  /// Makes room beside `path`; a full disk is seen here.
  init(_ snapshot: Snapshot, to path: String, mode: mode_t) throws(BundleError) {
    self.path = path
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    writer = ArchiveWriter(snapshot)
    file = try DurableFile(in: folder, size: writer.layout.archiveSize, mode: mode)
  }

  /// Writes the archive; it is whole and durable under its name afterwards, or not there.
  ///
  /// - Parameter stamp: the modification time that it gets, in nanoseconds since 1970.
  /// - Throws: `BundleError` when it cannot be written.
  func finish(stamp: Int64? = nil) throws(BundleError) {
    var sink = FileSink(file.descriptor, path: path)
    try writer.write(to: &sink)
    if let stamp { file.setModified(stamp) }
    try file.commit(as: path)
  }
}

/// Writes a snapshot's archive to the file `path`, which is there whole and durable afterwards or
/// as it was before.
package func writeBundle(_ snapshot: Snapshot, to path: String) throws(BundleError) {
  try BundleWriting(snapshot, to: path, mode: 0o644).finish()
}
