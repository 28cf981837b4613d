import Glibc
package import ProjectModel

/// The files that the server alone writes.
package enum OwnedFileKind: String, Sendable, CaseIterable {
  case catalog
  case directory

  /// Where the file may lie; the first that is there wins (4d-domain §6.1).
  package var places: [ProjectPath] {
    switch self {
    case .catalog: [ProjectLayout.catalog]
    case .directory: [ProjectLayout.dataDirectory, ProjectLayout.directory]
    }
  }

  /// The first of the places where a file is; the last one where there is none.
  package static func path(among places: [ProjectPath], below root: String) -> ProjectPath {
    places.dropLast().first { isFile("\(root)/\($0.display)") } ?? places[places.count - 1]
  }

  /// The rights of a new file, before the umask: a directory holds password hashes.
  var newMode: UInt32 { self == .catalog ? 0o666 : 0o600 }

  /// The names in the directory are not for everybody.
  var tellsNames: Bool { self == .catalog }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
