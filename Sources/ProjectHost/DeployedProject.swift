import Bundler
import Glibc
package import ProjectModel

/// A project that is served from its archive: the `.4dz`, what lies beside it, and its data folder.
package struct DeployedProject: Hashable, Sendable {
  /// The name of the `.4DProject` in it, without its suffix.
  package let name: String
  /// The real path of the `.4dz`.
  package let archive: String
  /// The folder of the archive, where `Resources/`, `Settings/` and `WebFolder/` are.
  package let package: String
  /// Where what belongs to the data is kept, `Settings/directory.json` with it (4d-domain §6.1).
  package let data: String

  /// Looks into an archive.
  ///
  /// - Throws: `HostError` with code `notAProject` for what is no archive of one 4D project.
  package init(_ location: ProjectLocation, data: String) throws(HostError) {
    let path = location.path
    let files: [ProjectPath]
    do throws(BundleError) {
      files = try OpenedArchive(path: path).files
    } catch {
      throw HostError(.notAProject, "\(error)")
    }
    let anchors = files.filter(ProjectLayout.isProjectFile)
    guard let anchor = anchors.first else {
      throw HostError(
        .notAProject,
        "\(path) holds no 4D project: there is no .4DProject file in its Project folder; name an "
          + "archive that 4D, Build4D or `syncd build` has made"
      )
    }
    guard anchors.count == 1 else {
      let names = anchors.map { String(decoding: $0.name, as: UTF8.self) }
      throw HostError(
        .notAProject,
        "\(path) holds more than one .4DProject file (\(names.joined(separator: ", "))): build it "
          + "from a project that has one"
      )
    }
    name = ProjectLayout.projectName(of: anchor)
    archive = path
    package = location.root
    self.data = data
  }

  /// A file of the archive as it lies there now; `nil` where there is none, or it cannot be read.
  package func file(_ path: ProjectPath) -> [UInt8]? {
    try? OpenedArchive(path: archive).content(of: path)
  }

  /// The users that came with the archive: the application's, never written.
  var embeddedDirectory: [UInt8]? {
    (try? ProjectFile.read("\(package)/\(ProjectLayout.directory)"))?.bytes
  }

  /// Makes the data folder where there is none, for this account alone.
  ///
  /// - Throws: `HostError` with code `stateFolder`.
  package func makeDataFolder() throws(HostError) { try SystemFolder(at: data).make() }
}
