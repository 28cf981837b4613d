internal import Glibc
package import ProjectModel

/// An archive of whatever origin, opened to read single files out of it.
package final class OpenedArchive {
  /// More than any file of a project that a server reads itself.
  static let largest: UInt64 = 64 << 20

  private let path: String
  private let file: Descriptor
  private let directory: ArchiveDirectory

  /// Reads the directory.
  ///
  /// - Throws: `BundleError` for what is no archive, a protected or a damaged one.
  package init(path: String) throws(BundleError) {
    self.path = path
    switch Descriptor.open(path, O_RDONLY | O_NONBLOCK) {
    case .success(let descriptor): file = descriptor
    case .failure(let error): throw .system(error.number, doing: "open the archive", path: path)
    }
    guard case .success(let status) = file.status(), status.isRegularFile else {
      throw BundleError(.notABundle, "this is no file", path: path)
    }
    directory = try ArchiveDirectory(of: file, size: FileSignature(status).size, path: path)
  }

  /// The files, in the order of the members.
  package var files: [ProjectPath] {
    directory.entries.lazy.filter { !$0.entry.isFolder }.map(\.entry.path)
  }

  /// The content of a file; `nil` where there is none.
  package func content(of path: ProjectPath) throws(BundleError) -> [UInt8]? {
    guard
      let (entry, start) = directory.entries.first(where: {
        !$0.entry.isFolder && $0.entry.path == path
      })
    else { return nil }
    guard entry.size <= Self.largest else {
      throw BundleError(.unsupported, "the file is too large", path: path.display)
    }
    let repacker = ArchiveRepacker(file, path: self.path, inspector: nil, scratch: "")
    return try repacker.content(of: entry, at: start)
  }
}
