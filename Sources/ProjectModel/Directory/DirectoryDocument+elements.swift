/// Which elements an edit touches, and which have changed.
extension DirectoryDocument {
  package func touched(by operations: [DirectoryOperation]) -> Set<String> {
    var names: Set<String> = []
    for operation in operations { touch(operation, &names) }
    return Set(names.map(HiddenHashes.hide))
  }

  private func touch(_ operation: DirectoryOperation, _ names: inout Set<String>) {
    switch operation {
    case .addUser(let name, let alias, _):
      names.insert(user(name))
      if let alias { names.insert(user(alias)) }
    case .renameUser(let name, let newName):
      // The new name as it is spelled: it may differ from the old one in case alone.
      names.formUnion([user(name), user(newName), DirectoryElement.user(newName)])
      names.formUnion(references(toUser: name))
    case .deleteUser(let name):
      names.insert(user(name))
      names.formUnion(references(toUser: name))
    case .setPassword(let name, _), .clearPassword(let name), .setStartupMethod(let name, _):
      names.insert(user(name))
    case .addGroup(let name):
      names.formUnion([group(name), user(DirectoryUser.BuiltIn.administrator.rawValue)])
    case .renameGroup(let name, let newName):
      names.formUnion([group(name), group(newName), DirectoryElement.group(newName)])
      names.formUnion(references(toGroup: name))
    case .emptyGroup(let name), .deleteGroup(let name): names.insert(group(name))
    case .addMember(let member, let name), .removeMember(let member, let name):
      names.insert(group(name))
      switch member {
      case .user(let member): names.insert(user(member))
      case .group(let member): names.insert(group(member))
      }
    case .setSetting(let key, let value):
      let usual = DirectoryKeys.usual(key, among: DirectoryKeys.settings)
      names.insert(DirectoryElement.setting(usual))
      if !value.isEmpty, value != "*" {
        names.insert(DirectoryKeys.userSettings.contains(usual) ? user(value) : group(value))
      }
    case .setRemoteGranter(let key, let name):
      let usual = DirectoryKeys.usual(key, among: DirectoryKeys.remoteGranters)
      names.formUnion([DirectoryElement.remoteGranter(usual), group(name)])
    case .setSQLGranter(let schema, let key, let name):
      let usual = DirectoryKeys.usual(key, among: DirectoryKeys.sqlRights)
      let schema = schema ?? DirectoryKeys.defaultSchema
      names.formUnion([DirectoryElement.sqlGranter(schema, usual), group(name)])
    }
  }

  /// The element of a user by the name that the file gives it.
  private func user(_ name: String) -> String {
    DirectoryElement.user(content.user(name)?.name ?? name)
  }

  private func group(_ name: String) -> String {
    DirectoryElement.group(content.group(name)?.name ?? name)
  }

  private func references(toUser name: String) -> [String] {
    let match = content.userNames.find(name)
    guard match != .none else { return [] }
    let groups = content.groups.filter { group in
      group.users.contains { content.userNames.find($0.text) == match }
    }
    let settings = content.settings.filter {
      DirectoryKeys.userSettings.contains($0.key) && content.userNames.find($0.value) == match
    }
    return groups.map { DirectoryElement.group($0.name) }
      + settings.map { DirectoryElement.setting($0.key) }
  }

  private func references(toGroup name: String) -> [String] {
    let match = content.groupNames.find(name)
    guard match != .none else { return [] }
    func names(_ text: String) -> Bool { content.groupNames.find(text) == match }
    let groups = content.groups.filter { $0.groups.contains { names($0.text) } }
    let settings = content.settings.filter {
      DirectoryKeys.groupSettings.contains($0.key) && names($0.value)
    }
    let remote = content.remoteGranters.filter { names($0.value) }
    let schemas = content.sqlGranters.filter { names($0.entry.value) }
    return groups.map { DirectoryElement.group($0.name) }
      + settings.map { DirectoryElement.setting($0.key) }
      + remote.map { DirectoryElement.remoteGranter($0.key) }
      + schemas.map { DirectoryElement.sqlGranter($0.schema, $0.entry.key) }
  }

  package func elementsChanged(since old: DirectoryDocument) -> Set<String> {
    guard old.bytes != bytes, let before = old.scanAgain(), let after = scanAgain() else {
      return []
    }
    let one = Self.elements(before, old.content)
    let other = Self.elements(after, content)
    var changed = Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }
    if Self.isReordered(old.content.users.map(\.name), content.users.map(\.name)) {
      changed.insert(DirectoryElement.order("users"))
    }
    if Self.isReordered(old.content.groups.map(\.name), content.groups.map(\.name)) {
      changed.insert(DirectoryElement.order("groups"))
    }
    return Set(changed.map(HiddenHashes.hide))
  }

  /// Each element with its content, whatever its layout is.
  private static func elements(
    _ spans: JSONSpans,
    _ content: DirectoryContent
  ) -> [String: [UInt8]] {
    var elements: [String: [UInt8]] = [:]
    func put(_ name: String, _ node: JSONNode) { elements[name, default: []] += node.compact }
    for section in spans.root.items {
      let key = section.key?.text ?? ""
      let items = section.value.kind == .object ? section.value.items : []
      switch DirectoryKeys.usual(key, among: DirectoryKeys.sections) {
      case "users":
        for (index, item) in items.enumerated() {
          let key = item.key?.text ?? ""
          // The name is the alias, which is known where the file has one such section.
          let isKnown = index < content.users.count && items.count == content.users.count
          put(DirectoryElement.user(isKnown ? content.users[index].name : key), item.value)
        }
      case "groups":
        for item in items { put(DirectoryElement.group(item.key?.text ?? ""), item.value) }
      case "settings":
        for item in items {
          let key = DirectoryKeys.usual(item.key?.text ?? "", among: DirectoryKeys.settings)
          put(DirectoryElement.setting(key), item.value)
        }
      case "remoteGranters":
        for item in items {
          let key = DirectoryKeys.usual(item.key?.text ?? "", among: DirectoryKeys.remoteGranters)
          put(DirectoryElement.remoteGranter(key), item.value)
        }
      case "sqlSchemaGranters":
        for schema in items {
          for item in schema.value.items {
            let key = DirectoryKeys.usual(item.key?.text ?? "", among: DirectoryKeys.sqlRights)
            put(DirectoryElement.sqlGranter(schema.key?.text ?? "", key), item.value)
          }
        }
      default: put(DirectoryElement.other(key), section.value)
      }
      if section.value.kind != .object { put(DirectoryElement.other(key), section.value) }
    }
    return elements
  }

  /// Whether what is in both stands in another order.
  private static func isReordered(_ old: [String], _ new: [String]) -> Bool {
    let common = Set(old).intersection(new)
    return old.filter(common.contains) != new.filter(common.contains)
  }
}
