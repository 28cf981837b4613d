import Glibc
package import ProjectModel

extension NetworkSettings {
  private static let mostBytes = 4 << 20

  /// Reads the settings of a project as they are now; what is wrong in them is reported.
  ///
  /// - Parameter root: the real path of the package root.
  /// - Returns: the settings in force, and a problem for each thing that is wrong.
  package static func read(
    below root: String
  ) -> (settings: NetworkSettings, problems: [Problem]) {
    func bytes(_ path: ProjectPath) -> [UInt8]? { contents(of: root + "/" + path.display) }
    return read(
      structure: bytes(ProjectLayout.structureSettings),
      user: bytes(ProjectLayout.userSettings),
      data: bytes(ProjectLayout.dataSettings)
    )
  }

  /// Reads the settings of a deployed archive: the structure's are in it, those of the user beside
  /// it, those for the data in the data folder.
  package static func read(
    of project: DeployedProject
  ) -> (settings: NetworkSettings, problems: [Problem]) {
    let user = "\(project.package)/\(ProjectLayout.userSettings)"
    // The data folder is what a project calls Data.
    return read(
      structure: project.file(ProjectLayout.structureSettings),
      user: contents(of: user),
      data: contents(of: "\(project.data)/\(ProjectLayout.userSettings)")
    )
  }

  /// `nil` when there is no file; of what cannot be read nothing, which is reported as a broken file.
  private static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? nil : [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= mostBytes {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return [] }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }
}
