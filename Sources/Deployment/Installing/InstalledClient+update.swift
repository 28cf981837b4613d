import Bundler
import Foundation
import ProjectModel
package import SyncProtocol

extension InstalledClient {
  private static let longestKey = 4_096

  /// Whether an offer is signed by the application's maker and is a newer version of this client.
  ///
  /// - Throws: `DeploymentError` with code `untrusted`.
  package func check(_ offer: UpdateOffer) throws(DeploymentError) {
    guard let key = FileManager.default.contents(atPath: "\(versionFolder)/\(Self.updateKey)"),
      key.count <= Self.longestKey
    else {
      throw DeploymentError(
        .untrusted,
        "This client has no key to check updates with: its maker packaged it without one, so "
          + "install version \(offer.version) by hand."
      )
    }
    let signature = HexText.bytes(offer.signature) ?? []
    let isSigned = try? Ed25519.isValid(signature, of: offer.signedBytes, publicKey: Array(key))
    guard isSigned == true else {
      throw DeploymentError(
        .untrusted,
        "The update is not signed by the maker of \(application.name); it is not installed. Tell "
          + "whoever runs the server."
      )
    }
    guard offer.application == application.name, offer.platform == application.platform else {
      throw DeploymentError(
        .untrusted,
        "The update is for \(offer.application) on \(offer.platform), and this is "
          + "\(application.name) on \(application.platform)."
      )
    }
    guard offer.version > application.version else {
      throw DeploymentError(
        .untrusted,
        "The update is version \(offer.version), and this is version \(application.version): "
          + "clients are never taken back."
      )
    }
  }

  /// Installs an archive beside the running version, and makes it the one that is started next.
  ///
  /// Whatever happens meanwhile, the client can be started: in its new version after the last step,
  /// in this one before it.
  ///
  /// - Parameters:
  ///   - archive: the file that was fetched for the offer.
  ///   - offer: what its maker has signed.
  ///   - reached: told each step that is done; what it throws ends the installation there, as a
  ///     killed program would.
  /// - Throws: `DeploymentError`, with `versions/` as it was; code `busy` while another start installs.
  package func install(
    _ archive: String,
    for offer: UpdateOffer,
    reached: (InstallStep) throws -> Void = { _ in }
  ) async throws {
    let lock = try InstallLock(versionsFolder)
    defer { withExtendedLifetime(lock) {} }
    try check(offer)
    let (digest, size) = try UpdateArchive.digest(of: archive)
    guard digest == offer.digest, size == offer.size else {
      throw DeploymentError(
        .archive,
        "The update that came is not the one that is signed: it is not installed. Try again."
      )
    }
    try reached(.verified)
    let name = UpdateArchive.versionName(offer.version, offer.digest)
    guard !hasFailed(offer) else {
      throw DeploymentError(
        .installation,
        "Version \(offer.version) is installed already and does not start on this machine: its "
          + "maker has to put that right."
      )
    }
    // Another start of this client was quicker, perhaps with a later version than this one is offered.
    if let current = named(Self.current), current != running, current != failedVersion { return }
    let unfinished = "\(versionsFolder)/\(Self.unfinishedPrefix)\(name)"
    do {
      try FileTree.remove(unfinished)
      try FileTree.makeFolder(unfinished)
      try checkRoom(for: archive)
      try await UpdateArchive.unpack(archive, into: unfinished)
      try checkContents(of: unfinished, offer)
      try reached(.unpacked)
      try FileTree.sync(unfinished)
      try reached(.synced)
      try place(unfinished, as: name, reached)
    } catch let failure as FileTree.Failure {
      try? FileTree.remove(unfinished)
      throw DeploymentError(
        .installation,
        "Version \(offer.version) cannot be installed: \(failure.path): \(failure.reason). Version "
          + "\(application.version) stays."
      )
    } catch let error as DeploymentError {
      try? FileTree.remove(unfinished)
      throw error
    }
  }

  /// A full disk is said in one sentence, before the half of a version is written.
  private func checkRoom(for archive: String) throws(FileTree.Failure) {
    let need = UpdateArchive.unpackedSize(of: archive)
    guard let free = FileTree.freeSpace(at: versionsFolder), free < need else { return }
    throw FileTree.Failure(
      path: versionsFolder,
      reason: "disk full, \((need + 999_999) / 1_000_000) MB needed there"
    )
  }

  private func place(
    _ unfinished: String,
    as name: String,
    _ reached: (InstallStep) throws -> Void
  ) throws {
    let path = "\(versionsFolder)/\(name)"
    if FileTree.exists(path) {
      // From an installation that was interrupted after this step; nothing leads there. It is whole,
      // and stays where a client was started in it all the same.
      if let lock = FolderLock(path) {
        defer { withExtendedLifetime(lock) {} }
        try FileTree.exchange(unfinished, with: path)
      }
      try FileTree.remove(unfinished)
    } else {
      try FileTree.rename(unfinished, to: path)
    }
    try FileTree.syncItem(versionsFolder)
    try reached(.named)
    try FileTree.link("\(folder)/\(Self.previous)", to: "\(Self.versions)/\(running)")
    try FileTree.syncItem(folder)
    try reached(.kept)
    try FileTree.link("\(folder)/\(Self.current)", to: "\(Self.versions)/\(name)")
    try FileTree.syncItem(folder)
    try reached(.current)
  }

  /// A signed archive is believed, but a client that was packed by mistake would not start.
  private func checkContents(of folder: String, _ offer: UpdateOffer) throws(DeploymentError) {
    let content = FileManager.default.contents(atPath: "\(folder)/\(Self.applicationFile)")
    let found = content.flatMap { try? WireJSON.decode(ClientApplication.self, from: $0) }
    guard let found, found.name == application.name, found.version == offer.version,
      access(folder + "/start", X_OK) == 0,
      access("\(folder)/bin/\(Programs.client)", X_OK) == 0
    else {
      throw DeploymentError(
        .archive,
        "The update holds no client of \(application.name) \(offer.version): it is not installed. "
          + "Tell whoever runs the server."
      )
    }
  }
}
