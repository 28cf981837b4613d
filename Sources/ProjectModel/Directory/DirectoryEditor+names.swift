/// Names: which user or group is meant, and which names new ones may have.
extension DirectoryEditor {
  /// Longer names are in real files (4D's own dialog made some), so only nonsense is refused.
  static let longestUserName = 255
  /// 4D's own limit (4d-domain §6.4); files that break it are read all the same.
  static let longestGroupName = 15

  func user(_ name: String) throws(RefusedEdit) -> (id: Int, entry: Entry) {
    try find(name, users, "user", DirectoryElement.user(name))
  }

  func group(_ name: String) throws(RefusedEdit) -> (id: Int, entry: Entry) {
    try find(name, groups, "group", DirectoryElement.group(name))
  }

  private func find(
    _ name: String,
    _ table: Table,
    _ kind: String,
    _ element: String
  ) throws(RefusedEdit) -> (id: Int, entry: Entry) {
    switch table.names.find(name) {
    case .one(let id):
      guard let entry = table.entries[id] else { break }
      guard entry.value.kind == .object else {
        throw refusal("directory-shape", element, "the \(kind) \(name) is not an object: write {}")
      }
      return (id, entry)
    case .several:
      let text = "more than one \(kind) is called \(name): rename one by hand, then edit again"
      throw refusal("directory-name-twin", element, text)
    case .none: break
    }
    throw refusal("directory-\(kind)-unknown", element, "there is no \(kind) called \(name)")
  }

  /// Refuses a new user name that is no name, or taken.
  func checkUserName(_ name: String, for id: Int? = nil) throws(RefusedEdit) {
    let element = DirectoryElement.user(name)
    try checkName(name, longest: Self.longestUserName, "user", element)
    // A reserved key as anybody's name would make it unclear who is meant.
    let owner = DirectoryUser.BuiltIn(rawValue: name.lowercased())
    let ownKey = id.flatMap { users.entries[$0]?.builtIn }
    if users.names.isTaken(name, besides: id) {
      throw refusal("directory-name-taken", element, "there is a user called \(name) already")
    }
    if let owner, owner != ownKey {
      throw refusal(
        "directory-name-taken",
        element,
        "the name \(name) is kept for 4D's own user \(owner.rawValue): take another"
      )
    }
  }

  /// Refuses a new group name that is no name, or taken.
  func checkGroupName(_ name: String, for id: Int? = nil) throws(RefusedEdit) {
    let element = DirectoryElement.group(name)
    try checkName(name, longest: Self.longestGroupName, "group", element)
    if groups.names.isTaken(name, besides: id) {
      throw refusal("directory-name-taken", element, "there is a group called \(name) already")
    }
  }

  private func checkName(
    _ name: String,
    longest: Int,
    _ kind: String,
    _ element: String
  ) throws(RefusedEdit) {
    let rule = "directory-name-invalid"
    if name.isEmpty { throw refusal(rule, element, "a \(kind) needs a name") }
    if name == "*" { throw refusal(rule, element, "\"*\" stands for everyone and is no name") }
    try checkText(name, rule, element)
    if name.utf16.count > longest {
      let text = "the \(kind) name \(name) is longer than \(longest) characters: shorten it"
      throw refusal(rule, element, text)
    }
  }

  func checkText(_ text: String, _ rule: String, _ element: String) throws(RefusedEdit) {
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw refusal(rule, element, "a control character stands in it: leave it out")
    }
  }
}
