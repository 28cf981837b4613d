import Glibc
package import ProjectModel

/// Which `directory.json` of a project is in use (4d-domain §6.1).
package struct DirectoryLocation: Hashable, Sendable {
  /// The file that is read and written, below the package root.
  package let path: ProjectPath
  /// Whether it is there; otherwise the first edit makes it, from `DirectoryDocument.newFile`.
  package let exists: Bool

  /// Looks into a project: the file for the data wins; without any it is the one in `Settings/`.
  ///
  /// - Parameter root: the real path of the package root.
  package init(below root: String) {
    let found = [ProjectLayout.dataDirectory, ProjectLayout.directory].first { path in
      Self.isFile(root + "/" + path.display)
    }
    path = found ?? ProjectLayout.directory
    exists = found != nil
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
