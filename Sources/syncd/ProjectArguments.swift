import ArgumentParser
import Deployment
import Foundation
import ProjectHost
import SyncClient

/// Which project a command means, and where its system folder is.
struct ProjectArguments: ParsableArguments {
  @Argument(
    help:
      "The project's folder, its .4DProject file or a .4dz; the project around here if left out."
  )
  var project: String?

  @OptionGroup var state: StateArguments

  func location() throws -> ProjectLocation {
    if let project { return try ProjectLocation(opening: project) }
    return try ProjectLocation(around: FileManager.default.currentDirectoryPath)
  }

  /// The folder of a project that is not an archive.
  ///
  /// - Throws: `HostError` for an archive, with what is wrong with it.
  func sources(for what: String) throws -> ProjectLocation {
    let location = try location()
    guard location.archive == nil else {
      throw HostError(
        .notAProject,
        "\(location.path) is an archive, \(what): name the folder of the project that it is built from"
      )
    }
    return location
  }

  /// The socket of the server that serves the project; a named state folder needs no project.
  func connection() throws -> ServerConnection {
    if let folder = state.folder {
      return ServerConnection(.unixSocket(SystemFolder(at: folder).socket))
    }
    return ServerConnection(.unixSocket(state.servedFolder(for: try location()).socket))
  }
}

/// The option and the variable that name another system folder.
struct StateArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The project system folder to use instead of the usual one (also SYNCD_STATE_DIR).",
      valueName: "dir"
    )
  )
  var stateDir: String?

  /// The named folder as an absolute path; `nil` for the usual one.
  var folder: String? {
    let named = stateDir ?? ProcessInfo.processInfo.environment["SYNCD_STATE_DIR"]
    return named.flatMap { $0.isEmpty ? nil : URL(filePath: $0).standardizedFileURL.path }
  }

  /// The project's folder; `name` is what a merged application calls it.
  func systemFolder(for location: ProjectLocation, named name: String? = nil) -> SystemFolder {
    if let folder { return SystemFolder(at: folder) }
    if let name { return SystemFolder(at: Account.state(name)) }
    return SystemFolder(for: location, stateHome: Account.stateHome, home: Account.home)
  }

  /// The folder of the server that runs, also when the project has moved meanwhile.
  func servedFolder(for location: ProjectLocation) -> SystemFolder {
    if let folder { return SystemFolder(at: folder) }
    if let name = location.archive.flatMap(ServerPackage.systemFolderName) {
      let named = systemFolder(for: location, named: name)
      // Without it, the archive may have been served by itself.
      if FileManager.default.fileExists(atPath: named.path) { return named }
    }
    return systemFolder(for: location).orEarlier(for: location)
  }
}
