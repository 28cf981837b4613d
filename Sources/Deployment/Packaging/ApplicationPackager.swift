package import Bundler
import Foundation
package import ProjectModel
import SyncProtocol

/// Makes `<name>Server` and `<name>Client`: two folders that run wherever they are put.
package struct ApplicationPackager: Sendable {
  /// What an application is made of.
  package struct Plan: Sendable {
    package let keys: ApplicationKeys
    /// The project's folder.
    package let root: String
    package let snapshot: Snapshot
    package let programs: Programs
    /// Needed where clients are updated.
    package var signingKey: SigningKey?

    package init(
      _ keys: ApplicationKeys,
      root: String,
      snapshot: Snapshot,
      programs: Programs,
      signingKey: SigningKey? = nil
    ) {
      self.keys = keys
      self.root = root
      self.snapshot = snapshot
      self.programs = programs
      self.signingKey = signingKey
    }
  }

  /// What was made.
  package struct Result: Hashable, Sendable {
    package let server: String
    package let client: String
    /// The name of the client's version folder.
    package let version: String
    /// Bytes of the update, where there is one.
    package let updateSize: Int?
    /// Links and special files of the project that were not copied.
    package let leftOut: [String]
  }

  let plan: Plan
  var keys: ApplicationKeys { plan.keys }
  var start: StartFiles { StartFiles(keys: plan.keys) }

  /// - Throws: `DeploymentError` with code `key` when updates are wanted and cannot be signed.
  package init(_ plan: Plan) throws(DeploymentError) {
    guard !plan.keys.isUpgradeable || plan.signingKey != nil else {
      throw DeploymentError(
        .key,
        "\(ApplicationKey.upgradeable.rawValue) is True, and updates are signed: name the key's file "
          + "with --signing-key (it is made when it is not there), or set the key to False."
      )
    }
    self.plan = plan
  }

  /// Makes the two folders in `folder`, which is then whole or as it was.
  ///
  /// - Parameter folder: it is not there, is empty, or holds the same application, which is replaced.
  /// - Returns: what was made, and where.
  /// - Throws: `DeploymentError`.
  package func package(into folder: String) async throws -> Result {
    let target = try await PackageTarget(folder, of: keys, root: plan.root)
    do {
      let made = try await make(in: target.unfinished)
      try target.finish()
      return Result(
        server: "\(target.path)/\(keys.name)Server",
        client: "\(target.path)/\(keys.name)Client",
        version: made.version,
        updateSize: keys.isUpgradeable ? made.size : nil,
        leftOut: made.leftOut
      )
    } catch let failure as FileTree.Failure {
      target.abandon()
      throw DeploymentError(
        .target,
        "\(keys.name) cannot be packaged: \(failure.path): \(failure.reason)."
      )
    } catch {
      target.abandon()
      throw error
    }
  }

  private func make(
    in folder: String
  ) async throws -> (version: String, size: Int, leftOut: [String]) {
    let version = folder + "/version"
    try makeVersion(in: version)
    let archive = folder + "/archive"
    let (digest, size) = try await UpdateArchive.pack(version, to: archive)
    let name = UpdateArchive.versionName(keys.versions.current, digest)
    try placeClient("\(folder)/\(keys.name)Client", version: version, name: name)
    let server = "\(folder)/\(keys.name)Server"
    let leftOut = try makeServer(in: server)
    if keys.isUpgradeable, let key = plan.signingKey {
      try placeUpdate(archive, digest, size, signedBy: key, in: server + "/Upgrade4DClient")
    } else {
      try FileTree.remove(archive)
    }
    return (name, size, leftOut)
  }

  private func placeUpdate(
    _ archive: String,
    _ digest: Digest,
    _ size: Int,
    signedBy key: SigningKey,
    in folder: String
  ) throws {
    let offer = UpdateOffer(
      application: keys.name,
      version: keys.versions.current,
      platform: plan.programs.platform,
      digest: digest,
      size: size,
      signature: ""
    )
    let info = ApplicationInfo(
      keys,
      serverPlatform: "Linux",
      linux: .init(
        file: UpdateArchive.fileName,
        platform: offer.platform,
        digest: digest,
        size: size,
        signature: try key.signature(of: offer.signedBytes)
      )
    )
    try FileTree.makeFolder(folder)
    try FileTree.rename(archive, to: "\(folder)/\(UpdateArchive.fileName)")
    try FileTree.write(try PackageJSON.encode(info), to: folder + "/info.json")
  }
}

/// JSON as it stands in files that people look into.
enum PackageJSON {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [0x0A]
  }
}
