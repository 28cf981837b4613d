import Bundler
import Foundation
package import ProjectModel
package import SyncProtocol

/// A merged client where it is installed: its versions, and which of them is started.
///
/// `<name>Client` starts `current`, a link into `versions/`. An update is unpacked beside the running
/// version and becomes current by one rename; `previous` leads to the version before it until the
/// new one has found its server once.
package struct InstalledClient: Hashable, Sendable {
  static let versions = "versions"
  static let current = "current"
  static let previous = "previous"
  static let applicationFile = "application.json"
  static let link = "Database/EnginedServer.4Dlink"
  static let updateKey = "update-key.pem"
  static let authorities = "ca.pem"
  /// What is not finished begins with this, in `versions/`.
  static let unfinishedPrefix = ".syncd-new-"
  /// What is being removed begins with this.
  static let removedPrefix = ".syncd-old-"

  /// What a version is made of.
  static let files = [
    "start", "bin/\(Programs.client)", applicationFile, link, updateKey, authorities,
  ]

  /// Whether a name in `versions/` is of what comes or goes just now.
  static func isTransient(_ name: String) -> Bool {
    name.hasPrefix(unfinishedPrefix) || name.hasPrefix(removedPrefix)
  }

  /// The folder that holds the start file and `versions/`.
  package let folder: String
  /// The name of the running version's folder.
  package let running: String
  package let application: ClientApplication
  /// The version that should run and did not, when this one was started in its place.
  package let failedVersion: String?

  /// Reads the client that a program belongs to: `<folder>/versions/<version>/bin/<program>`.
  ///
  /// - Throws: `DeploymentError` with code `installation`.
  package init(of program: String) throws(DeploymentError) {
    let version = URL(filePath: program).deletingLastPathComponent().deletingLastPathComponent()
    try self.init(version: version.path)
  }

  /// Reads the client that a version's folder belongs to.
  ///
  /// - Throws: `DeploymentError` with code `installation`.
  package init(version path: String) throws(DeploymentError) {
    let version = URL(filePath: path).standardizedFileURL
    let file = version.appending(path: Self.applicationFile).path
    guard let content = FileManager.default.contents(atPath: file),
      let application = try? WireJSON.decode(ClientApplication.self, from: content),
      version.deletingLastPathComponent().lastPathComponent == Self.versions
    else {
      throw DeploymentError(
        .installation,
        "This program is part of a packaged client, and \(file) is none: make the client with "
          + "`syncd package`, or install it again."
      )
    }
    folder = version.deletingLastPathComponent().deletingLastPathComponent().path
    running = version.lastPathComponent
    self.application = application
    let current = Self.target(of: Self.current, in: folder)
    failedVersion = current == running ? nil : current
  }

  /// What starts the client, whatever its version.
  package var startFile: String { "\(folder)/\(application.name)Client" }

  /// The link that leads to the server.
  package var linkFile: String { versionFolder + "/" + Self.link }

  /// The certificates to trust; `nil` where keys are pinned.
  package var authoritiesFile: String? {
    let path = versionFolder + "/" + Self.authorities
    return FileTree.exists(path) ? path : nil
  }

  /// Whether an offer is the version that did not start here.
  package func hasFailed(_ offer: UpdateOffer) -> Bool {
    UpdateArchive.versionName(offer.version, offer.digest) == failedVersion
  }

  var versionFolder: String { "\(versionsFolder)/\(running)" }
  var versionsFolder: String { "\(folder)/\(Self.versions)" }

  /// The version that one of the two links leads to.
  func named(_ link: String) -> String? { Self.target(of: link, in: folder) }

  private static func target(of link: String, in folder: String) -> String? {
    FileTree.target(of: "\(folder)/\(link)").map { URL(filePath: $0).lastPathComponent }
  }

  /// Whether this account may install updates.
  package var isWritable: Bool {
    access(folder, W_OK) == 0 && access(versionsFolder, W_OK) == 0
  }

  /// Whether the running version can be kept from being removed.
  package enum Hold: Sendable {
    /// Other starts leave it in its place for as long as the lock lives.
    case held(FolderLock)
    /// Somebody has locked its folder and does not let go; it is there.
    case denied
    /// Another start has removed it.
    case gone
  }

  /// Keeps other starts from removing the running version.
  ///
  /// A start that removes a version has its folder alone for a moment, and the version's name is gone
  /// before the lock: who does not let go in time removes nothing.
  ///
  /// - Parameter limit: how long somebody who has the folder alone is waited for.
  /// - Returns: the hold, or why there is none.
  /// - Throws: `CancellationError`.
  package func hold(within limit: Duration = FolderLock.patience) async throws -> Hold {
    let lock = try await FolderLock.take(versionFolder, .shared, within: limit)
    guard FileTree.exists("\(versionFolder)/\(Self.applicationFile)") else { return .gone }
    return lock.map(Hold.held) ?? .denied
  }

  /// Removes what an interrupted update has left; another start that installs is left alone.
  ///
  /// What cannot be removed is in nobody's way.
  package func tidy() {
    guard isWritable, let lock = try? InstallLock(versionsFolder) else { return }
    defer { withExtendedLifetime(lock) {} }
    for (name, _) in (try? FileTree.entries(of: versionsFolder)) ?? []
    where Self.isTransient(name) {
      try? FileTree.remove("\(versionsFolder)/\(name)")
    }
    for link in [Self.current, Self.previous] {
      try? FileTree.remove("\(folder)/\(FileTree.unfinished(link))")
    }
    // Killed before the new version became current: there is no other one.
    if named(Self.previous) == named(Self.current) {
      try? FileTree.remove("\(folder)/\(Self.previous)")
    }
  }

  /// Says that the running version works: the others are not needed any longer.
  ///
  /// Nothing happens in a version that runs in another's place. What cannot be removed stays, and what
  /// another client runs is left to a later start.
  package func confirm() {
    guard running == named(Self.current), isWritable,
      let lock = try? InstallLock(versionsFolder)
    else { return }
    defer { withExtendedLifetime(lock) {} }
    guard (try? FileTree.remove("\(folder)/\(Self.previous)")) != nil else { return }
    for (name, type) in (try? FileTree.entries(of: versionsFolder)) ?? []
    where type == .typeDirectory && name != running && !name.hasPrefix(".") {
      try? removeVersion(name)
    }
  }

  /// Removes a version that no client runs: its name goes first, so that nobody starts half of it.
  private func removeVersion(_ name: String) throws(FileTree.Failure) {
    let path = "\(versionsFolder)/\(name)"
    guard let lock = FolderLock(path) else { return }
    defer { withExtendedLifetime(lock) {} }
    let removed = "\(versionsFolder)/\(Self.removedPrefix)\(name)"
    try FileTree.remove(removed)
    try FileTree.rename(path, to: removed)
    try FileTree.remove(removed)
  }
}
