/// The keys of `buildApp.4DSettings` that a merged application is made from (4d-domain §8).
///
/// The raw value is the key's name, in the file and on the command line.
package enum ApplicationKey: String, Hashable, Sendable, CaseIterable {
  case name = "BuildApplicationName"
  case publishName = "PublishName"
  case host = "IPAddress"
  case port = "PortNumber"
  case hardLink = "HardLink"
  case currentVersion = "CurrentVers"
  case lowestVersion = "RangeVersMin"
  case highestVersion = "RangeVersMax"
  case selectionAllowed = "ServerSelectionAllowed"
  case serverFolder = "ServerStructureFolderName"
  case clientFolder = "ClientServerSystemFolderName"
  case embedsDirectory = "ServerEmbedsProjectDirectoryFile"
  case upgradeable = "BuildCSUpgradeable"
  case authorities = "CertificateAuthoritiesCertificates"
}

/// Where the value of a key stands, for whoever has to put it right.
package enum ApplicationKeySource: Hashable, Sendable {
  case settings(file: String, line: Int?)
  case commandLine

  var place: String {
    switch self {
    case .settings(let file, let line?): "\(file):\(line)"
    case .settings(let file, nil): file
    case .commandLine: "--set"
    }
  }
}

/// Why no application can be made from some keys: one sentence with what, where and the remedy.
package struct ApplicationKeyFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  /// Whether it is on the command line that something is wrong.
  package let isUsage: Bool

  init(_ sentence: String, isUsage: Bool = false) {
    description = sentence
    self.isUsage = isUsage
  }

  init(_ key: ApplicationKey, _ source: ApplicationKeySource, _ text: String) {
    self.init("\(source.place): \(key.rawValue) \(text).", isUsage: source == .commandLine)
  }
}

extension ProjectLayout {
  /// The application builder's settings (4d-domain §8).
  package static let buildSettings = ProjectPath("Settings/buildApp.4DSettings")
}
