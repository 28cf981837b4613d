/// How a project is published, from its `settings.4DSettings` files (4d-domain §7.3).
package struct NetworkSettings: Hashable, Sendable {
  /// `nil`: the project's name.
  package var publicationName: String?
  /// `nil`: 4D's own default.
  package var port: Int?
  package var publishesAtStartup = true
  package var rules = AddressRules.everybody

  package init() {}

  /// Reads the settings of the structure and, where these switch the user settings mode on, those
  /// of the user and of the data, which win in this order.
  ///
  /// Each value comes from the highest file that has it, since only changed ones are written; the
  /// allow/deny table is taken as a whole. A file that cannot be read is reported and passed over,
  /// and then only the own machine is let in, because its table is not known.
  ///
  /// - Parameters: the bytes of the files; `nil` for one that is not there.
  package static func read(
    structure: [UInt8]?,
    user: [UInt8]?,
    data: [UInt8]?
  ) -> (settings: NetworkSettings, problems: [Problem]) {
    var reader = NetworkSettingsReader()
    let hasUserSettings = reader.take(structure, from: ProjectLayout.structureSettings)
    if hasUserSettings {
      reader.take(user, from: ProjectLayout.userSettings)
      reader.take(data, from: ProjectLayout.dataSettings)
    }
    return (reader.settings, reader.problems)
  }
}

extension ProjectLayout {
  package static let structureSettings = ProjectPath("Project/Sources/settings.4DSettings")
  package static let userSettings = ProjectPath("Settings/settings.4DSettings")
  package static let dataSettings = ProjectPath("Data/Settings/settings.4DSettings")
}
