/// Carries out operations on the parts of a file; nothing of it is seen until all have succeeded.
struct DirectoryEditor {
  /// A user or a group with its place in the file.
  final class Entry {
    let key: JSONNode
    let value: JSONNode
    let builtIn: DirectoryUser.BuiltIn?
    /// The name that people and references use.
    var name: String

    init(key: JSONNode, value: JSONNode, builtIn: DirectoryUser.BuiltIn?, name: String) {
      self.key = key
      self.value = value
      self.builtIn = builtIn
      self.name = name
    }
  }

  /// The users or the groups; an id stays with its entry.
  struct Table {
    private(set) var entries: [Entry?] = []
    private(set) var names = NameTable()

    mutating func insert(_ entry: Entry) {
      names.insert(entry.name, entries.count)
      if let builtIn = entry.builtIn { names.insertSpare(builtIn.rawValue, entries.count) }
      entries.append(entry)
    }

    mutating func rename(_ id: Int, to name: String) {
      guard let entry = entries[id] else { return }
      names.remove(entry.name, id)
      entry.name = name
      names.insert(name, id)
    }

    mutating func remove(_ id: Int) {
      guard let entry = entries[id] else { return }
      names.remove(entry.name, id)
      entries[id] = nil
    }
  }

  let spans: JSONSpans
  let file: ProjectPath
  var users = Table()
  var groups = Table()
  private(set) var renames: [DirectoryRename] = []

  init(_ spans: JSONSpans, file: ProjectPath) {
    self.spans = spans
    self.file = file
    for item in spans.root.value(of: "users")?.items ?? [] {
      guard let key = item.key else { continue }
      let builtIn = DirectoryUser.BuiltIn(rawValue: key.text ?? "")
      let alias = item.value.value(of: "alias")?.text
      let name = builtIn.map { alias ?? $0.usualName } ?? key.text ?? ""
      users.insert(Entry(key: key, value: item.value, builtIn: builtIn, name: name))
    }
    for item in spans.root.value(of: "groups")?.items ?? [] {
      guard let key = item.key else { continue }
      groups.insert(Entry(key: key, value: item.value, builtIn: nil, name: key.text ?? ""))
    }
  }

  mutating func apply(_ operation: DirectoryOperation, hash: String?) throws(RefusedEdit) {
    switch operation {
    case .addUser(let name, let alias, let method):
      try addUser(name, alias: alias, startupMethod: method)
    case .renameUser(let name, let newName): try renameUser(name, to: newName)
    case .deleteUser(let name): try deleteUser(name)
    case .setPassword(let user, let password): try setPassword(of: user, password, hash: hash)
    case .clearPassword(let user): try clearPassword(of: user)
    case .setStartupMethod(let user, let method): try setStartupMethod(of: user, method)
    case .addGroup(let name): try addGroup(name)
    case .renameGroup(let name, let newName): try renameGroup(name, to: newName)
    case .emptyGroup(let name): try emptyGroup(name)
    case .deleteGroup(let name):
      throw refusal(
        "directory-group-permanent",
        DirectoryElement.group(name),
        "4D never deletes a group, because ids would move: take its members out with empty-group"
      )
    case .addMember(let member, let group): try addMember(member, to: group)
    case .removeMember(let member, let group): try removeMember(member, from: group)
    case .setSetting(let key, let value): try setSetting(key, to: value)
    case .setRemoteGranter(let key, let group): try setRemoteGranter(key, to: group)
    case .setSQLGranter(let schema, let key, let group):
      try setSQLGranter(schema ?? DirectoryKeys.defaultSchema, key, to: group)
    }
  }

  mutating func note(_ old: String, became new: String) {
    renames.append(DirectoryRename(old: old, new: new))
  }

  func refusal(_ rule: String, _ element: String, _ text: String) -> RefusedEdit {
    RefusedEdit([
      Problem(
        rule: rule,
        severity: .failure,
        file: file.display,
        element: element.isEmpty ? nil : element,
        text: text
      )
    ])
  }
}

/// Parts of the file, found or made.
extension DirectoryEditor {
  /// The value under a key, which must be of a kind and come once; `nil` when it is missing.
  func part(
    _ key: String,
    of node: JSONNode,
    _ kind: JSONNode.Kind,
    element: String
  ) throws(RefusedEdit) -> JSONNode? {
    let found = node.indices(of: key)
    guard found.count < 2 else {
      let text = "the key \"\(key)\" comes twice: keep one by hand, then edit again"
      throw refusal("directory-duplicate-key", element, text)
    }
    guard let value = found.first.map({ node.items[$0].value }) else { return nil }
    guard value.kind == kind else {
      let text = "\"\(key)\" is not \(kind == .object ? "an object" : "a list"): repair it by hand"
      throw refusal("directory-shape", element, text)
    }
    return value
  }

  /// The object under a key; one is made in 4D's order where there is none.
  func object(
    _ key: String,
    of node: JSONNode,
    order: [String],
    element: String
  ) throws(RefusedEdit) -> JSONNode {
    if let found = try part(key, of: node, .object, element: element) { return found }
    let made = JSONNode(.object)
    insert(made, key, into: node, order: order)
    return made
  }

  func section(_ key: String) throws(RefusedEdit) -> JSONNode {
    try object(key, of: spans.root, order: DirectoryKeys.sections, element: "")
  }

  /// Puts a text under a key: in place, or as a new member in 4D's order.
  func set(
    _ key: String,
    _ text: String,
    in node: JSONNode,
    order: [String],
    element: String
  ) throws(RefusedEdit) {
    let found = node.indices(of: key)
    guard found.count < 2 else {
      _ = try part(key, of: node, .string, element: element)
      return
    }
    guard let index = found.first else {
      return insert(JSONNode(string: text), key, into: node, order: order)
    }
    if node.items[index].value.kind == .string {
      node.items[index].value.set(text)
    } else {
      node.items[index].value = JSONNode(string: text)
    }
  }

  /// Inserts a member before the first one that 4D writes later, in the spelling of its neighbours.
  private func insert(_ value: JSONNode, _ key: String, into node: JSONNode, order: [String]) {
    let rank = order.firstIndex { JSONText.isSameKey($0, key) } ?? order.count
    let index = node.items.firstIndex { item in
      let other = item.key?.text ?? ""
      return (order.firstIndex { JSONText.isSameKey($0, other) } ?? order.count) > rank
        && rank < order.count
    }
    // 4D 18 writes `LikeThis` where later versions write `likeThis`.
    let isCapital =
      !node.items.isEmpty
      && node.items.allSatisfy { item in
        item.key?.text?.utf8.first.map { (0x41...0x5A).contains($0) } ?? false
      }
    let spelled =
      isCapital && rank < order.count ? key.prefix(1).uppercased() + key.dropFirst() : key
    node.insert(value, key: spelled, at: index ?? node.items.count, unit: spans.unit)
  }

  func remove(_ key: String, from node: JSONNode) {
    node.removeAll { $0.key?.text.map { JSONText.isSameKey($0, key) } ?? false }
  }
}
