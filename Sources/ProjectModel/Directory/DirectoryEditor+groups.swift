extension DirectoryEditor {
  mutating func addGroup(_ name: String) throws(RefusedEdit) {
    try checkGroupName(name)
    let section = try section("groups")
    let value = JSONNode(.object)
    section.append(value, key: name, unit: spans.unit)
    guard let key = section.items.last?.key else { return }
    groups.insert(Entry(key: key, value: value, builtIn: nil, name: name))
    guard let administrator = users.entries.first(where: { $0?.builtIn == .administrator }) ?? nil
    else { return }
    try addMember(.user(administrator.name), to: name)
  }

  mutating func renameGroup(_ name: String, to newName: String) throws(RefusedEdit) {
    let (id, entry) = try group(name)
    guard !entry.name.unicodeScalars.elementsEqual(newName.unicodeScalars) else { return }
    try checkGroupName(newName, for: id)
    try forEachReference("groups", to: id, in: groups.names) { $0.set(newName) }
    try forEachSetting(DirectoryKeys.groupSettings, naming: id, in: groups.names) {
      $0.set(newName)
    }
    for granter in granters where refers(granter, to: id, in: groups.names) { granter.set(newName) }
    entry.key.set(newName)
    note(DirectoryElement.group(entry.name), became: DirectoryElement.group(newName))
    groups.rename(id, to: newName)
  }

  func emptyGroup(_ name: String) throws(RefusedEdit) {
    let (_, entry) = try group(name)
    remove("users", from: entry.value)
    remove("groups", from: entry.value)
  }

  func addMember(_ member: DirectoryMember, to name: String) throws(RefusedEdit) {
    let (_, entry) = try group(name)
    let element = DirectoryElement.group(entry.name)
    let (key, names, id, shown) = try resolve(member)
    let list: JSONNode
    if let found = try part(key, of: entry.value, .array, element: element) {
      list = found
    } else {
      list = JSONNode(.array)
      entry.value.insert(
        list,
        key: key,
        at: key == "users" ? 0 : entry.value.items.count,
        unit: spans.unit
      )
    }
    if list.items.contains(where: { refers($0.value, to: id, in: names) }) { return }
    list.append(JSONNode(string: shown), unit: spans.unit)
  }

  func removeMember(_ member: DirectoryMember, from name: String) throws(RefusedEdit) {
    let (_, entry) = try group(name)
    let key: String
    let text: String
    switch member {
    case .user(let user): (key, text) = ("users", user)
    case .group(let group): (key, text) = ("groups", group)
    }
    let names = key == "users" ? users.names : groups.names
    // A name that leads nowhere may stand in the list, and must be removable.
    let list = try part(key, of: entry.value, .array, element: DirectoryElement.group(entry.name))
    let isListed = list?.items.contains { $0.value.text == text } ?? false
    if !isListed { _ = try resolve(member) }
    let match = names.find(text)
    try removeReferences(key, from: entry) { listed in
      listed == text || (match != .none && names.find(listed) == match)
    }
  }

  private func resolve(
    _ member: DirectoryMember
  ) throws(RefusedEdit) -> (key: String, names: NameTable, id: Int, shown: String) {
    switch member {
    case .user(let name):
      let (id, entry) = try user(name)
      return ("users", users.names, id, entry.name)
    case .group(let name):
      let (id, entry) = try group(name)
      return ("groups", groups.names, id, entry.name)
    }
  }

  /// Takes names out of a group's list; 4D leaves out a list that is empty.
  func removeReferences(
    _ key: String,
    from group: Entry,
    where condition: (String) -> Bool
  ) throws(RefusedEdit) {
    let element = DirectoryElement.group(group.name)
    guard group.value.kind == .object,
      let list = try part(key, of: group.value, .array, element: element),
      list.items.contains(where: { $0.value.text.map(condition) ?? false })
    else { return }
    list.removeAll { $0.value.text.map(condition) ?? false }
    if list.items.isEmpty { remove(key, from: group.value) }
  }

  /// Visits the names in all groups' lists that mean an entry.
  func forEachReference(
    _ key: String,
    to id: Int,
    in names: NameTable,
    _ body: (JSONNode) -> Void
  ) throws(RefusedEdit) {
    for group in groups.entries.compactMap({ $0 }) where group.value.kind == .object {
      let element = DirectoryElement.group(group.name)
      let list = try part(key, of: group.value, .array, element: element)
      for item in list?.items ?? [] where refers(item.value, to: id, in: names) { body(item.value) }
    }
  }

  func refers(_ node: JSONNode, to id: Int, in names: NameTable) -> Bool {
    node.text.map { names.find($0) == .one(id) } ?? false
  }
}
