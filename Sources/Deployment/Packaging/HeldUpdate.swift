import Foundation
import ProjectModel
package import SyncProtocol

/// The client that an `Upgrade4DClient` folder holds for older ones.
package struct HeldUpdate: Hashable, Sendable {
  package let offer: UpdateOffer
  /// The archive's file.
  package let path: String

  /// Reads a folder; the archive itself is not looked at.
  ///
  /// - Throws: `DeploymentError` with code `archive` when it is no such folder, or holds no client
  ///   for Linux.
  package init(in folder: String) throws(DeploymentError) {
    guard let content = FileManager.default.contents(atPath: folder + "/info.json"),
      let info = try? WireJSON.decode(ApplicationInfo.self, from: content),
      let offer = info.offer, let name = info.linux?.file, !name.contains("/"), name != ".."
    else {
      throw DeploymentError(
        .archive,
        "\(folder) holds no update: name the Upgrade4DClient folder of a server."
      )
    }
    self.offer = offer
    path = "\(folder)/\(name)"
  }

  /// Looks whether the archive is the one that was packaged.
  ///
  /// - Throws: `DeploymentError` with code `archive`.
  package func verify() throws(DeploymentError) {
    let (digest, size) = try UpdateArchive.digest(of: path)
    guard digest == offer.digest, size == offer.size else {
      throw DeploymentError(
        .archive,
        "\(path) is not the archive that info.json beside it describes: copy the server's folder "
          + "again."
      )
    }
  }
}
