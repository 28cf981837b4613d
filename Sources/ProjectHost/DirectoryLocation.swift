import Glibc
package import ProjectModel

/// Which `directory.json` of a project is in use (4d-domain §6.1).
package struct DirectoryLocation: Hashable, Sendable {
  /// The file that is read and written, below the package root.
  package let path: ProjectPath
  /// The same as an absolute path.
  package let file: String
  /// Whether it is there; otherwise the first edit makes it, from `DirectoryDocument.newFile`.
  package let exists: Bool

  /// Looks into a project: the file for the data wins; without any it is the one in `Settings/`.
  ///
  /// - Parameter root: the real path of the package root.
  package init(below root: String) {
    let places = [ProjectLayout.dataDirectory, ProjectLayout.directory]
    self.init(places.map { ($0, root + "/" + $0.display) })
  }

  /// Looks where a deployed archive has it: the data's own, else the one that came with it.
  ///
  /// - Parameters:
  ///   - data: the data folder.
  ///   - package: the folder of the archive.
  package init(data: String, package: String) {
    let path = ProjectLayout.directory
    self.init([data, package].map { (path, $0 + "/" + path.display) })
  }

  /// The first that is there, or the last.
  private init(_ places: [(path: ProjectPath, file: String)]) {
    let found = places.first { Self.isFile($0.file) }
    path = (found ?? places[places.count - 1]).path
    file = (found ?? places[places.count - 1]).file
    exists = found != nil
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
