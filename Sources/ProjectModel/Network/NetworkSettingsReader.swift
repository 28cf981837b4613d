/// Lays the settings of one file over those of the files before it.
struct NetworkSettingsReader {
  private(set) var settings = NetworkSettings()
  private(set) var problems: [Problem] = []
  private var isTableUnknown = false

  /// Takes a file; a higher one comes later.
  ///
  /// - Returns: whether it switches the user settings mode on.
  @discardableResult
  mutating func take(_ bytes: [UInt8]?, from path: ProjectPath) -> Bool {
    guard let bytes else { return false }
    do throws(XMLItem.Failure) {
      let root = try XMLItem(reading: bytes)
      guard root.name == "preferences" else {
        throw XMLItem.Failure(
          line: root.line,
          text: "its root element is '\(root.name)', not 'preferences'"
        )
      }
      guard let content = root.descendant("com.4d") else { return false }
      takeOptions(content, path)
      takeTable(content, path)
      return content.descendant("general")?["allow_user_settings"] == "true"
    } catch {
      isTableUnknown = true
      settings.rules = .ownMachine
      report(
        "settings-not-readable",
        path,
        error.line,
        "the settings cannot be read (\(error.text)); defaults stand in, and only this machine may "
          + "connect, because the allow/deny table is not known"
      )
      return false
    }
  }

  private mutating func takeOptions(_ content: XMLItem, _ path: ProjectPath) {
    guard let options = content.descendant("server", "network", "options") else { return }
    if let name = options["publication_name"], !name.isEmpty { settings.publicationName = name }
    if let text = options["publication_port"] {
      if let port = PortNumber.read(text) {
        settings.port = port
      } else {
        report(
          "settings-port",
          path,
          options.line,
          "publication_port is '\(text)', which is no port"
        )
      }
    }
    switch options["publish_at_startup"] {
    case nil: break
    case "true": settings.publishesAtStartup = true
    case "false": settings.publishesAtStartup = false
    case .some(let text):
      // Who wrote something here did not leave the default: show nothing that may be meant to hide.
      settings.publishesAtStartup = false
      report(
        "settings-publish",
        path,
        options.line,
        "publish_at_startup is '\(text)'; it takes true or false, and false is assumed"
      )
    }
  }

  private mutating func takeTable(_ content: XMLItem, _ path: ProjectPath) {
    guard let table = content.descendant("server", "ip_config", "allow_deny_table") else { return }
    var rows: [AddressRules.Row] = []
    for item in table.children where item.name == "allow_deny" {
      let allows = item["allow"]
      let row = AddressRules.Row(item["address"] ?? "", allows: allows == "true")
      if !row.isValid {
        let text = "the allow/deny table has '\(row.pattern)', which matches no address"
        report("settings-address", path, item.line, text)
      }
      if allows != "true", allows != "false" {
        let text = "the row '\(row.pattern)' says neither true nor false; it denies"
        report("settings-address", path, item.line, text)
      }
      rows.append(row)
    }
    // A higher file may have been the broken one.
    if !isTableUnknown { settings.rules = AddressRules(rows) }
  }

  private mutating func report(_ rule: String, _ path: ProjectPath, _ line: Int?, _ text: String) {
    problems.append(
      Problem(rule: rule, severity: .warning, file: path.display, line: line, text: text)
    )
  }
}
