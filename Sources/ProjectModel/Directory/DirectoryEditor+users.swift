extension DirectoryEditor {
  mutating func addUser(
    _ name: String,
    alias: String?,
    startupMethod: String?
  ) throws(RefusedEdit) {
    let builtIn = DirectoryUser.BuiltIn(rawValue: name)
    let shown = builtIn.map { alias ?? $0.usualName } ?? name
    let element = DirectoryElement.user(shown)
    if builtIn == nil, alias != nil {
      throw refusal(
        "directory-alias",
        element,
        "only designer and administrator have an alias: give the user its own name"
      )
    }
    if let builtIn {
      if users.entries.contains(where: { $0?.builtIn == builtIn }) {
        throw refusal("directory-name-taken", element, "the user \(name) is there already")
      }
      try checkBuiltInName(shown, of: builtIn)
    } else {
      try checkUserName(name)
    }
    let section = try section("users")
    let value = JSONNode(.object)
    section.insert(value, key: name, at: place(of: builtIn, in: section), unit: spans.unit)
    guard let key = section.items.first(where: { $0.value === value })?.key else { return }
    users.insert(Entry(key: key, value: value, builtIn: builtIn, name: shown))
    if let startupMethod { try setStartupMethod(of: shown, startupMethod) }
    guard builtIn != nil else { return }
    try set("alias", shown, in: value, order: DirectoryKeys.user, element: element)
  }

  /// The two built-in users come first, everybody else last: ids follow from the order.
  private func place(of builtIn: DirectoryUser.BuiltIn?, in section: JSONNode) -> Int {
    switch builtIn {
    case nil: section.items.count
    case .designer: 0
    case .administrator:
      section.items.firstIndex { $0.key?.text == DirectoryUser.BuiltIn.designer.rawValue }
        .map { $0 + 1 } ?? 0
    }
  }

  private func checkBuiltInName(
    _ name: String,
    of builtIn: DirectoryUser.BuiltIn
  ) throws(RefusedEdit) {
    if name.lowercased() == builtIn.rawValue {
      guard users.names.isTaken(name) else { return }
      let element = DirectoryElement.user(name)
      throw refusal("directory-name-taken", element, "there is a user called \(name) already")
    }
    try checkUserName(name)
  }

  mutating func renameUser(_ name: String, to newName: String) throws(RefusedEdit) {
    let (id, entry) = try user(name)
    guard !entry.name.unicodeScalars.elementsEqual(newName.unicodeScalars) else { return }
    try checkUserName(newName, for: id)
    try forEachReference("users", to: id, in: users.names) { $0.set(newName) }
    try forEachSetting(DirectoryKeys.userSettings, naming: id, in: users.names) { $0.set(newName) }
    let old = DirectoryElement.user(entry.name)
    if entry.builtIn == nil {
      entry.key.set(newName)
    } else {
      try set("alias", newName, in: entry.value, order: DirectoryKeys.user, element: old)
    }
    note(old, became: DirectoryElement.user(newName))
    users.rename(id, to: newName)
  }

  mutating func deleteUser(_ name: String) throws(RefusedEdit) {
    let (id, entry) = try user(name)
    let element = DirectoryElement.user(entry.name)
    if let builtIn = entry.builtIn {
      throw refusal(
        "directory-user-reserved",
        element,
        "\(builtIn.usualName) cannot be deleted: every project has this user; rename it instead"
      )
    }
    for group in groups.entries.compactMap({ $0 }) {
      try removeReferences("users", from: group) { users.names.find($0) == .one(id) }
    }
    let section = try section("users")
    if let index = section.items.firstIndex(where: { $0.value === entry.value }) {
      section.remove(at: index)
    }
    users.remove(id)
  }

  func setPassword(
    of name: String,
    _ password: ClearPassword,
    hash: String?
  ) throws(RefusedEdit) {
    let (_, entry) = try user(name)
    let element = DirectoryElement.user(entry.name)
    if let reason = password.refusal { throw refusal("directory-password", element, reason) }
    guard let hash, StoredPassword.isBcrypt(hash) else {
      throw refusal("directory-password", element, "the password could not be hashed: try again")
    }
    try set("password", hash, in: entry.value, order: DirectoryKeys.user, element: element)
  }

  func clearPassword(of name: String) throws(RefusedEdit) {
    let (_, entry) = try user(name)
    remove("password", from: entry.value)
  }

  func setStartupMethod(of name: String, _ method: String?) throws(RefusedEdit) {
    let (_, entry) = try user(name)
    let element = DirectoryElement.user(entry.name)
    guard let method, !method.isEmpty else { return remove("startupMethod", from: entry.value) }
    try checkText(method, "directory-startup-method", element)
    try set("startupMethod", method, in: entry.value, order: DirectoryKeys.user, element: element)
  }
}
