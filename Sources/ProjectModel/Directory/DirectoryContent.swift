/// What `directory.json` says, in file order.
struct DirectoryContent: Sendable {
  struct Reference: Sendable {
    let text: String
    let line: Int?
  }

  struct Group: Sendable {
    let name: String
    var users: [Reference] = []
    var groups: [Reference] = []
    let line: Int?
  }

  struct Entry: Sendable {
    /// In 4D's present spelling.
    let key: String
    let value: String
    let line: Int?
  }

  struct SQLEntry: Sendable {
    let schema: String
    let entry: Entry
  }

  private(set) var users: [DirectoryUser] = []
  private(set) var groups: [Group] = []
  private(set) var settings: [Entry] = []
  private(set) var remoteGranters: [Entry] = []
  private(set) var sqlGranters: [SQLEntry] = []
  private(set) var userNames = NameTable()
  private(set) var groupNames = NameTable()
  /// Whether it is unclear who the Designer is or what its password is.
  private(set) var isDesignerUnclear = false
  /// What could not be read because it is not of its kind.
  private(set) var shapeFindings: [DirectoryFinding] = []

  init(_ spans: JSONSpans) {
    readUsers(spans)
    readGroups(spans)
    settings = entries(in: spans.root, "settings", spans, DirectoryKeys.settings) {
      DirectoryElement.setting($0)
    }
    remoteGranters = entries(in: spans.root, "remoteGranters", spans, DirectoryKeys.remoteGranters)
    { DirectoryElement.remoteGranter($0) }
    readSQLGranters(spans)
  }

  /// The user of that name; `nil` when there is none or the name is not clear.
  func user(_ name: String) -> DirectoryUser? {
    guard case .one(let index) = userNames.find(name) else { return nil }
    return users[index]
  }

  /// The group of that name; `nil` when there is none or the name is not clear.
  func group(_ name: String) -> Group? {
    guard case .one(let index) = groupNames.find(name) else { return nil }
    return groups[index]
  }

  /// The value of a setting, the last one where it comes twice; `nil` when it is missing.
  func setting(_ key: String) -> String? { settings.last { $0.key == key }?.value }

  private mutating func readUsers(_ spans: JSONSpans) {
    let sections = spans.root.indices(of: "users").map { spans.root.items[$0].value }
    isDesignerUnclear = sections.count > 1 || sections.contains { $0.kind != .object }
    let items = members(of: spans.root, "users", spans, element: "")
    var count: [String: Int] = [:]
    for item in items { count[item.key?.text ?? "", default: 0] += 1 }
    for item in items {
      let key = item.key?.text ?? ""
      let builtIn = DirectoryUser.BuiltIn(rawValue: key)
      let alias = item.value.value(of: "alias")?.text
      let name = builtIn.map { alias ?? $0.usualName } ?? key
      let line = spans.line(of: item)
      if item.value.kind != .object {
        isDesignerUnclear = isDesignerUnclear || builtIn == .designer
        report(
          DirectoryElement.user(name),
          line,
          "the user \(name) is not an object: write {}",
          about: "user"
        )
      }
      let password = item.value.value(of: "password")
      let isClear = count[key] == 1 && item.value.indices(of: "password").count < 2
      let user = DirectoryUser(
        name: name,
        builtIn: builtIn,
        alias: alias,
        password: password.map { isClear ? StoredPassword($0.text ?? "") : .other },
        startupMethod: item.value.value(of: "startupMethod")?.text,
        line: line,
        passwordLine: password?.offset.map { spans.line(at: $0) }
      )
      userNames.insert(name, users.count)
      if let builtIn { userNames.insertSpare(builtIn.rawValue, users.count) }
      users.append(user)
    }
  }

  private mutating func readGroups(_ spans: JSONSpans) {
    for item in members(of: spans.root, "groups", spans, element: "") {
      let name = item.key?.text ?? ""
      let element = DirectoryElement.group(name)
      var group = Group(name: name, line: spans.line(of: item))
      if item.value.kind != .object {
        report(
          element,
          group.line,
          "the group \(name) is not an object: write {}",
          about: "group"
        )
      }
      group.users = references(in: item.value, "users", spans, element)
      group.groups = references(in: item.value, "groups", spans, element)
      groupNames.insert(name, groups.count)
      groups.append(group)
    }
  }

  private mutating func readSQLGranters(_ spans: JSONSpans) {
    for schema in members(of: spans.root, "sqlSchemaGranters", spans, element: "") {
      let name = schema.key?.text ?? ""
      if schema.value.kind != .object {
        report(
          DirectoryElement.sqlGranter(name, ""),
          spans.line(of: schema),
          "the SQL schema \(name) is not an object: write {}"
        )
      }
      let found = entries(of: schema.value.items, spans, DirectoryKeys.sqlRights) {
        DirectoryElement.sqlGranter(name, $0)
      }
      sqlGranters += found.map { SQLEntry(schema: name, entry: $0) }
    }
  }

  /// The members of an object under a key; none when it is missing or something else.
  private mutating func members(
    of node: JSONNode,
    _ key: String,
    _ spans: JSONSpans,
    element: String
  ) -> [JSONNode.Item] {
    guard let section = node.value(of: key) else { return [] }
    if section.kind == .object { return section.items }
    report(element, section.offset.map { spans.line(at: $0) }, "\"\(key)\" is not an object")
    return []
  }

  private mutating func entries(
    in root: JSONNode,
    _ section: String,
    _ spans: JSONSpans,
    _ known: [String],
    element: (String) -> String
  ) -> [Entry] {
    entries(of: members(of: root, section, spans, element: ""), spans, known, element: element)
  }

  private mutating func entries(
    of items: [JSONNode.Item],
    _ spans: JSONSpans,
    _ known: [String],
    element: (String) -> String
  ) -> [Entry] {
    var entries: [Entry] = []
    for item in items {
      let key = DirectoryKeys.usual(item.key?.text ?? "", among: known)
      let line = spans.line(of: item)
      if let value = item.value.text {
        entries.append(Entry(key: key, value: value, line: line))
      } else if known.contains(key) {
        report(
          element(key),
          line,
          "\"\(key)\" is not a text: name a group or a user, \"*\" or \"\""
        )
      }
    }
    return entries
  }

  private mutating func references(
    in node: JSONNode,
    _ key: String,
    _ spans: JSONSpans,
    _ element: String
  ) -> [Reference] {
    guard let list = node.value(of: key) else { return [] }
    let line = list.offset.map { spans.line(at: $0) }
    guard list.kind == .array else {
      report(element, line, "\"\(key)\" is not a list of names")
      return []
    }
    return list.items.compactMap { item in
      let line = item.value.offset.map { spans.line(at: $0) }
      guard let text = item.value.text else {
        report(element, line, "an entry of \"\(key)\" is not a name")
        return nil
      }
      return Reference(text: text, line: line)
    }
  }

  private mutating func report(
    _ element: String,
    _ line: Int?,
    _ text: String,
    about subject: String? = nil
  ) {
    // An element may be of the wrong kind in two ways, so the text tells them apart.
    shapeFindings.append(
      DirectoryFinding("directory-shape", element, about: subject ?? text, line: line, text)
    )
  }
}

extension JSONSpans {
  /// The line on which a member begins.
  func line(of item: JSONNode.Item) -> Int? {
    (item.key?.offset ?? item.value.offset).map { line(at: $0) }
  }
}

extension DirectoryContent {
  /// Nobody where the setting is there and says nothing that can be read.
  var designAccessGroup: String {
    if let value = setting("designAccessGroup") { return value }
    let element = DirectoryElement.setting("designAccessGroup")
    return shapeFindings.contains { $0.element == element } ? "" : "*"
  }
}
