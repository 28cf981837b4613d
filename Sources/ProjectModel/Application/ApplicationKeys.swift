/// What a merged application is: its names, its versions, and how its clients find its server.
package struct ApplicationKeys: Hashable, Sendable {
  /// 4D's own port.
  private static let usualPort = 19_813

  /// `BuildApplicationName`: `<name>Server` and `<name>Client` are made.
  package let name: String
  /// The project's name, and that of its `.4DZ`.
  package let project: String
  /// What the server is published as.
  package let publishName: String
  /// What is baked into the client; `nil` to find the server by its name.
  package let host: String?
  package let port: Int
  /// The secret that client and server share.
  package let hardLink: String
  /// Whether the secret was made from the names, which everybody knows.
  package let isHardLinkDerived: Bool
  package let versions: ClientVersions
  package let allowsSelection: Bool
  /// The name of the server's folder for what it keeps; `nil` for its own choice.
  package let serverFolder: String?
  /// The name of the client's data folder; `nil` for the application's name.
  package let clientFolder: String?
  package let embedsDirectory: Bool
  package let isUpgradeable: Bool
  /// PEM files of the authorities that clients trust, as they are written; none: pins.
  package let authorities: [String]

  /// Reads the project's settings, with the values of the command line over them.
  ///
  /// A key that is missing or empty has 4D's default: the project's name, port 19813, version 1,
  /// every earlier version up to the current one, no choice of servers. The HardLink is then
  /// `NAME/PUBLISHNAME`.
  ///
  /// - Parameters:
  ///   - settings: the bytes of `buildApp.4DSettings`; `nil` where there is none.
  ///   - file: what they are called in a sentence.
  ///   - overrides: `Key=Value`, of the same key the last one counts.
  ///   - project: the project's name.
  /// - Throws: `ApplicationKeyFailure`.
  package init(
    settings: [UInt8]?,
    of file: String = ProjectLayout.buildSettings.display,
    overrides: [String] = [],
    project: String
  ) throws(ApplicationKeyFailure) {
    var values = try ApplicationKeyValues(settings, of: file)
    for override in overrides { try values.take(override) }
    guard ApplicationKeyValues.isFileName(project) else {
      throw ApplicationKeyFailure(
        "The project is called '\(project)', which is no file's name everywhere: give its .4DProject "
          + "another one."
      )
    }
    self.project = project
    let name = try values.fileName(.name) ?? project
    self.name = name
    let publishName = try values.publishName(project)
    self.publishName = publishName
    host = try values.host()
    port = try values.port() ?? Self.usualPort
    let hardLink = try values.text(.hardLink)
    self.hardLink = hardLink ?? "\(name)/\(publishName)"
    isHardLinkDerived = hardLink == nil
    versions = try values.versions()
    allowsSelection = try values.flag(.selectionAllowed)
    serverFolder = try values.fileName(.serverFolder)
    clientFolder = try values.fileName(.clientFolder)
    embedsDirectory = try values.flag(.embedsDirectory)
    isUpgradeable = try values.flag(.upgradeable)
    authorities = try values.list(.authorities)
  }

  /// Whether a file is the application builder's, whatever its name is: it may hold a HardLink.
  ///
  /// One that cannot be read as XML is, when it speaks of `BuildApp`.
  package static func isBuildSettings(_ bytes: [UInt8]) -> Bool {
    guard let root = try? XMLItem(reading: bytes) else {
      return String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self).contains("BuildApp")
    }
    return root.name == "Preferences4D" && root.descendant("BuildApp") != nil
  }

  /// The link that the client follows (4d-domain §8): its `EnginedServer.4Dlink`.
  ///
  /// - Throws: `ApplicationKeyFailure` when a name holds what XML cannot.
  package func link() throws(ApplicationKeyFailure) -> DatabaseLink {
    let shown = host.map { $0.contains(":") ? "[\($0)]" : $0 } ?? ""
    do throws(DatabaseLink.Failure) {
      return try DatabaseLink(
        server: publishName,
        at: "\(shown):\(port)",
        cacheFolder: clientFolder
      )
    } catch {
      throw ApplicationKeyFailure(
        "\(ApplicationKey.publishName.rawValue) cannot be written into a link: \(error.text)."
      )
    }
  }
}
