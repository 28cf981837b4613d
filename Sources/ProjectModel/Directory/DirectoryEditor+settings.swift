extension DirectoryEditor {
  mutating func setSetting(_ key: String, to value: String) throws(RefusedEdit) {
    let usual = DirectoryKeys.usual(key, among: DirectoryKeys.settings)
    let element = DirectoryElement.setting(usual)
    let section = try section("settings")
    if DirectoryKeys.userSettings.contains(usual) {
      let name = value.isEmpty ? "" : try user(value).entry.name
      return try set(usual, name, in: section, order: DirectoryKeys.settings, element: element)
    }
    if DirectoryKeys.groupSettings.contains(usual) {
      let name = try groupValue(value)
      return try set(usual, name, in: section, order: DirectoryKeys.settings, element: element)
    }
    guard !section.indices(of: usual).isEmpty else {
      throw refusal(
        "directory-setting-unknown",
        element,
        "there is no setting \(key): 4D has \(DirectoryKeys.settings.joined(separator: ", "))"
      )
    }
    try checkText(value, "directory-setting-value", element)
    try set(usual, value, in: section, order: DirectoryKeys.settings, element: element)
  }

  func setRemoteGranter(_ key: String, to group: String) throws(RefusedEdit) {
    let usual = DirectoryKeys.usual(key, among: DirectoryKeys.remoteGranters)
    let element = DirectoryElement.remoteGranter(usual)
    // Plug-ins have granters of their own, under names that 4D does not list.
    if usual.isEmpty || usual.utf8.count > 64 {
      throw refusal("directory-granter-unknown", element, "a granter needs a name of 1 to 64 bytes")
    }
    try checkText(usual, "directory-granter-unknown", element)
    let name = try groupValue(group)
    let section = try section("remoteGranters")
    try set(usual, name, in: section, order: DirectoryKeys.remoteGranters, element: element)
  }

  func setSQLGranter(
    _ schema: String,
    _ key: String,
    to group: String
  ) throws(RefusedEdit) {
    let usual = DirectoryKeys.usual(key, among: DirectoryKeys.sqlRights)
    let element = DirectoryElement.sqlGranter(schema, usual)
    guard DirectoryKeys.sqlRights.contains(usual) else {
      let known = DirectoryKeys.sqlRights.joined(separator: ", ")
      throw refusal("directory-granter-unknown", element, "there is no right \(key): name \(known)")
    }
    let section = try section("sqlSchemaGranters")
    guard schema == DirectoryKeys.defaultSchema || !section.indices(of: schema).isEmpty else {
      let text = "there is no SQL schema \(schema) in the directory: create it with 4D first"
      throw refusal("directory-granter-unknown", element, text)
    }
    let name = try groupValue(group)
    let rights = try object(schema, of: section, order: [], element: element)
    try set(usual, name, in: rights, order: DirectoryKeys.sqlRights, element: element)
  }

  /// `*`, nothing, or a group as it spells itself.
  private func groupValue(_ value: String) throws(RefusedEdit) -> String {
    value == "*" || value.isEmpty ? value : try group(value).entry.name
  }

  /// The values of all granters.
  var granters: [JSONNode] {
    let remote = spans.root.value(of: "remoteGranters")?.items.map(\.value) ?? []
    let schemas = spans.root.value(of: "sqlSchemaGranters")?.items ?? []
    return remote + schemas.flatMap { $0.value.items.map(\.value) }
  }

  func forEachSetting(
    _ keys: [String],
    naming id: Int,
    in names: NameTable,
    _ body: (JSONNode) -> Void
  ) throws(RefusedEdit) {
    for item in spans.root.value(of: "settings")?.items ?? [] {
      let key = DirectoryKeys.usual(item.key?.text ?? "", among: keys)
      if keys.contains(key), refers(item.value, to: id, in: names) { body(item.value) }
    }
  }
}
