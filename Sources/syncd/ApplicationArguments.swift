import ArgumentParser
import Deployment
import Foundation
import ProjectModel
import SyncProtocol
import SyncServer

/// The option that makes a server the one of a merged application.
struct ApplicationArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The application.json of a packaged server: the application's own clients alone get in, and "
        + "are offered the update that it holds.",
      valueName: "file"
    )
  )
  var application: String?

  /// - Throws: `DeploymentError`.
  func package() throws(DeploymentError) -> ServerPackage? {
    guard let application else { return nil }
    return try ServerPackage(at: URL(filePath: application).standardizedFileURL.path)
  }
}

extension ServerPackage {
  /// What the server has to know of it.
  var served: ServedApplication {
    ServedApplication(
      name: application.name,
      hardLink: application.hardLink,
      versions: application.versions,
      updates: update.map { [ServedApplication.Update($0.offer, path: $0.path)] } ?? []
    )
  }
}
