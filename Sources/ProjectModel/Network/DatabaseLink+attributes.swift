extension DatabaseLink {
  /// The attributes of a link, those of 4D's `database_link.dtd` and the newer ones (4d-domain §7.5).
  package enum Attribute: String, Hashable, Sendable, CaseIterable {
    case isRemote = "is_remote"
    case userName = "user_name"
    case password
    /// The very string that `directory.json` holds, which is itself a credential.
    case md5Password = "md5_password"
    case structureOpeningMode = "structure_opening_mode"
    case serverDatabaseName = "server_database_name"
    case serverPath = "server_path"
    case openLoginDialog = "open_login_dialog"
    case cacheFolderName = "cache_folder_name"
    case remoteSharedResources = "remote_shared_resources"
    case structureFile = "structure_file"
    case dataFile = "data_file"
    case createStructureFile = "create_structure_file"
    case createDataFile = "create_data_file"
    case dataOpeningMode = "data_opening_mode"
    case dataConversionMode = "data_conversion_mode"
    case structureConversionMode = "structure_conversion_mode"
    case openInCustomMode = "open_in_custom_mode"
    case openTools = "open_tools"
    case skipOnStartupMethod = "skip_onstartup_method"
    case definitionImportFile = "definition_import_file"
    case resourcesImportFile = "resources_import_file"
    case startupMethod = "startup_method"
    case userParam = "user_param"
    case dataless
    case useJournalFile = "use_journal_file"
    case explorerGroupsFile = "explorer_groups_file"
    case reopenDesignWindows = "reopen_design_windows"

    /// Whether the value lets one in and is not for showing.
    package var isSecret: Bool { self == .password || self == .md5Password }

    var kind: Kind {
      switch self {
      case .isRemote, .openLoginDialog, .remoteSharedResources, .createStructureFile,
        .createDataFile, .openInCustomMode, .skipOnStartupMethod, .dataless, .useJournalFile,
        .reopenDesignWindows:
        .flag
      // Normal, interpreted, compiled.
      case .structureOpeningMode: .number(0...2)
      // Default, choose, create.
      case .dataOpeningMode: .number(1...3)
      // Ask, never, silently.
      case .dataConversionMode, .structureConversionMode: .number(0...2)
      case .userName, .password, .md5Password, .serverDatabaseName, .serverPath, .cacheFolderName,
        .structureFile, .dataFile, .openTools, .definitionImportFile, .resourcesImportFile,
        .startupMethod, .userParam, .explorerGroupsFile:
        .text
      }
    }
  }

  enum Kind: Hashable {
    case flag
    case number(ClosedRange<Int>)
    case text

    func takes(_ value: String) -> Bool {
      switch self {
      case .flag: value == "true" || value == "false"
      case .number(let range): range.contains { "\($0)" == value }
      case .text: true
      }
    }

    var wanted: String {
      switch self {
      case .flag: "true or false"
      case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
      case .text: "any text"
      }
    }
  }
}
