/// What others ask of the directory.
extension DirectoryDocument {
  /// The user of that name, in any case; `nil` when there is none or the name is not clear.
  package func user(named name: String) -> DirectoryUser? { content.user(name) }

  /// What a user logs in with; `nil` for a user without a password and for none at all.
  package func credential(of userName: String) -> StoredPassword? {
    content.user(userName)?.password
  }

  /// Whether access is controlled at all (4d-domain §6.4).
  ///
  /// Until the Designer has a password everybody is the Designer. A password of the wrong shape
  /// counts, and so do users that cannot be read: a fault opens nothing.
  package var designerHasPassword: Bool {
    content.isDesignerUnclear
      || content.users.contains { $0.builtIn == .designer && $0.password != nil }
  }

  /// The group whose members may develop: `*` for everyone, empty for nobody.
  ///
  /// Nobody where the setting is there but is no text; everyone where it is missing, as in 4D's
  /// new projects.
  package var designAccessGroup: String { content.designAccessGroup }

  /// Whether a user is one who develops: the Designer or a member of `designAccessGroup`.
  ///
  /// 4D keeps the Designer out of nothing. Whether the user has a password is another question.
  package func hasDesignAccess(_ userName: String) -> Bool {
    guard let user = content.user(userName) else { return false }
    return user.builtIn == .designer || isMember(userName, of: designAccessGroup)
  }

  /// Whether a user is in a group: `*` holds everyone, an empty name nobody, and the users of a
  /// member group are members too (4d-domain §6.4).
  package func isMember(_ userName: String, of groupName: String) -> Bool {
    if groupName == "*" { return true }
    guard !groupName.isEmpty, case .one(let user) = content.userNames.find(userName),
      case .one(let start) = content.groupNames.find(groupName)
    else { return false }
    var seen: Set<Int> = [start]
    var open = [start]
    while let index = open.popLast() {
      let group = content.groups[index]
      if group.users.contains(where: { content.userNames.find($0.text) == .one(user) }) {
        return true
      }
      for member in group.groups {
        guard case .one(let next) = content.groupNames.find(member.text) else { continue }
        if seen.insert(next).inserted { open.append(next) }
      }
    }
    return false
  }

  /// The bytes for people: each password, and whatever else looks like a hash, shows as `…`.
  package var redactedBytes: [UInt8] {
    guard let spans = scanAgain() else { return [] }
    Self.redact(spans.root, depth: 0)
    // A key can look like one too.
    return Array(HiddenHashes.hide(in: String(decoding: spans.bytes, as: UTF8.self)).utf8)
  }

  /// Replaces secrets in a value; `depth` counts from the root, so that from 2 on keys are 4D's and
  /// above anybody's: a group may be called Password.
  private static func redact(_ node: JSONNode, depth: Int) {
    for index in node.items.indices {
      let value = node.items[index].value
      let isText = value.kind == .string || value.kind == .literal
      let isPassword = node.items[index].key?.text?.lowercased().contains("password") ?? false
      let looksLikeOne = value.text.map { StoredPassword($0) != .other } ?? false
      if looksLikeOne || (isPassword && (isText || depth >= 2)) {
        node.items[index].value = JSONNode(string: "…")
      } else {
        redact(value, depth: depth + 1)
      }
    }
  }
}
