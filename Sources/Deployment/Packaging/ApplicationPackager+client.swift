import Foundation
import ProjectModel

extension ApplicationPackager {
  /// What one version of the client is; the update's archive holds the same.
  func makeVersion(in folder: String) throws {
    try FileTree.makeFolder(folder + "/bin")
    try FileTree.copyFile(
      plan.programs.clientPath,
      to: "\(folder)/bin/\(Programs.client)",
      mode: 0o755
    )
    try FileTree.write(start.version, to: folder + "/start", mode: 0o755)
    let application = ClientApplication(keys, platform: plan.programs.platform)
    try FileTree.write(
      try PackageJSON.encode(application),
      to: "\(folder)/\(InstalledClient.applicationFile)"
    )
    try FileTree.makeFolder(folder + "/Database")
    try FileTree.write(try keys.link().text, to: "\(folder)/\(InstalledClient.link)")
    if let key = plan.signingKey {
      try FileTree.write(key.publicKey, to: "\(folder)/\(InstalledClient.updateKey)")
    }
    if !keys.authorities.isEmpty {
      try FileTree.write(try authorities(), to: "\(folder)/\(InstalledClient.authorities)")
    }
  }

  /// The client's folder around its first version.
  func placeClient(_ folder: String, version: String, name: String) throws {
    let versions = folder + "/" + InstalledClient.versions
    try FileTree.makeFolder(versions)
    try FileTree.rename(version, to: "\(versions)/\(name)")
    try FileTree.link(
      "\(folder)/\(InstalledClient.current)",
      to: "\(InstalledClient.versions)/\(name)"
    )
    try FileTree.write(start.client, to: "\(folder)/\(keys.name)Client", mode: 0o755)
    try FileTree.write(
      start.desktop("Client", comment: "Keeps \(keys.publishName) current", inTerminal: true),
      to: "\(folder)/\(keys.name)Client.desktop",
      mode: 0o755
    )
  }

  /// The certificates that clients trust, in one PEM text, and nothing else of their files.
  private func authorities() throws -> [UInt8] {
    var bytes: [UInt8] = []
    for path in keys.authorities {
      let full = path.hasPrefix("/") ? path : plan.root + "/" + path
      do throws(Certificates.Failure) {
        bytes += try Certificates.only(
          in: Array(FileManager.default.contents(atPath: full) ?? Data())
        )
      } catch {
        let says =
          switch error {
          case .missing:
            "which is no certificate in PEM; name one by its path below the project or from /"
          case .damaged: "whose certificates cannot be read; export them again as PEM"
          case .privateKey:
            "which holds a private key, and every client would have it; name a file with "
              + "certificates alone"
          }
        throw DeploymentError(
          .source,
          "\(ApplicationKey.authorities.rawValue) names \(full), \(says)."
        )
      }
    }
    return bytes
  }
}
