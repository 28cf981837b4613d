/// The rules that a directory must keep (4d-domain §6.2 to §6.4).
///
/// No text of a finding holds a password or a hash.
enum DirectoryRules {
  static let mostUsers = 16_000
  static let mostGroups = 16_000

  static func findings(in content: DirectoryContent, _ spans: JSONSpans) -> [DirectoryFinding] {
    var findings = content.shapeFindings
    findings += duplicateKeys(in: spans)
    findings += users(in: content)
    findings += twins(content.users.map { ($0.name, $0.line) }, "user", DirectoryElement.user)
    findings += twins(content.groups.map { ($0.name, $0.line) }, "group", DirectoryElement.group)
    findings += members(in: content)
    findings += DirectoryCycles.findings(in: content)
    findings += settings(in: content)
    findings += granters(in: content)
    return findings.sorted { ($0.line ?? 0, $0.rule) < ($1.line ?? 0, $1.rule) }
  }

  private static func duplicateKeys(in spans: JSONSpans) -> [DirectoryFinding] {
    var findings: [DirectoryFinding] = []
    func visit(_ node: JSONNode, path: [String]) {
      var seen: Set<[Unicode.Scalar]> = []
      for item in node.items {
        let key = item.key?.text ?? ""
        // The names of users, groups and schemas are anybody's, the other keys are 4D's.
        let isName =
          path.count == 1 && !JSONText.isSameKey(path[0], "settings")
          && !JSONText.isSameKey(path[0], "remoteGranters")
        let folded = isName ? key : key.lowercased()
        if item.key != nil, !seen.insert(Array(folded.unicodeScalars)).inserted {
          findings.append(
            DirectoryFinding(
              "directory-duplicate-key",
              element(path + [key]),
              about: key,
              line: spans.line(of: item),
              "the key \"\(key)\" comes twice: keep one"
            )
          )
        }
        visit(item.value, path: item.key == nil ? path : path + [key])
      }
    }
    visit(spans.root, path: [])
    return findings
  }

  /// The element that a path of keys leads to.
  private static func element(_ path: [String]) -> String {
    guard path.count > 1 else { return DirectoryElement.other(path.first ?? "") }
    switch DirectoryKeys.usual(path[0], among: DirectoryKeys.sections) {
    case "users": return DirectoryElement.user(path[1])
    case "groups": return DirectoryElement.group(path[1])
    case "settings":
      return DirectoryElement.setting(DirectoryKeys.usual(path[1], among: DirectoryKeys.settings))
    case "remoteGranters":
      let key = DirectoryKeys.usual(path[1], among: DirectoryKeys.remoteGranters)
      return DirectoryElement.remoteGranter(key)
    case "sqlSchemaGranters":
      return DirectoryElement.sqlGranter(path[1], path.count > 2 ? path[2] : "")
    default: return DirectoryElement.other(path[0])
    }
  }

  private static func users(in content: DirectoryContent) -> [DirectoryFinding] {
    var findings: [DirectoryFinding] = []
    if !content.users.contains(where: { $0.builtIn == .designer }) {
      findings.append(
        DirectoryFinding(
          "directory-no-designer",
          "",
          line: nil,
          "there is no user \"designer\": add it, or nobody can administer the others"
        )
      )
    }
    for user in content.users where user.password == .other {
      findings.append(
        DirectoryFinding(
          "directory-password-shape",
          DirectoryElement.user(user.name),
          line: user.passwordLine,
          "the password of \(user.name) is neither a bcrypt hash nor one of 4D's older ones, "
            + "so nobody can log in with it: set it again"
        )
      )
    }
    if content.users.count > mostUsers {
      findings.append(tooMany("users", mostUsers))
    }
    if content.groups.count > mostGroups {
      findings.append(tooMany("groups", mostGroups))
    }
    return findings
  }

  private static func tooMany(_ section: String, _ most: Int) -> DirectoryFinding {
    DirectoryFinding(
      "directory-too-many",
      "",
      about: section,
      line: nil,
      "there are more than \(most) \(section), which is all that 4D takes"
    )
  }

  private static func twins(
    _ names: [(name: String, line: Int?)],
    _ kind: String,
    _ element: (String) -> String
  ) -> [DirectoryFinding] {
    var seen: [String: String] = [:]
    var findings: [DirectoryFinding] = []
    for (name, line) in names {
      guard let twin = seen.updateValue(name, forKey: name.lowercased()) else { continue }
      let isSame = twin.unicodeScalars.elementsEqual(name.unicodeScalars)
      findings.append(
        DirectoryFinding(
          "directory-name-twin",
          element(name),
          about: element(twin),
          line: line,
          isSame
            ? "two \(kind)s have the name \(name): rename one"
            : "the \(kind) \(name) differs from \(twin) only in case: rename one"
        )
      )
    }
    return findings
  }

  private static func members(in content: DirectoryContent) -> [DirectoryFinding] {
    var findings: [DirectoryFinding] = []
    func check(
      _ group: DirectoryContent.Group,
      _ references: [DirectoryContent.Reference],
      _ names: NameTable,
      _ kind: String,
      _ element: (String) -> String
    ) {
      for member in references where names.find(member.text) == .none {
        findings.append(
          DirectoryFinding(
            "directory-member-unknown",
            DirectoryElement.group(group.name),
            about: element(member.text),
            line: member.line,
            "the group \(group.name) lists the \(kind) \(member.text), which does not exist: "
              + "remove it or add the \(kind)"
          )
        )
      }
    }
    for group in content.groups {
      check(group, group.users, content.userNames, "user", DirectoryElement.user)
      check(group, group.groups, content.groupNames, "group", DirectoryElement.group)
    }
    return findings
  }

  private static func settings(in content: DirectoryContent) -> [DirectoryFinding] {
    content.settings.compactMap { entry in
      let element = DirectoryElement.setting(entry.key)
      if DirectoryKeys.userSettings.contains(entry.key) {
        guard !entry.value.isEmpty, content.userNames.find(entry.value) == .none else { return nil }
        return DirectoryFinding(
          "directory-setting-unknown-user",
          element,
          about: DirectoryElement.user(entry.value),
          line: entry.line,
          "\(entry.key) names the user \(entry.value), who does not exist: name another or \"\""
        )
      }
      guard DirectoryKeys.groupSettings.contains(entry.key) else { return nil }
      return unknownGroup(entry, "directory-setting-unknown-group", element, content)
    }
  }

  private static func granters(in content: DirectoryContent) -> [DirectoryFinding] {
    let rule = "directory-granter-unknown-group"
    return content.remoteGranters.compactMap { entry in
      unknownGroup(entry, rule, DirectoryElement.remoteGranter(entry.key), content)
    }
      + content.sqlGranters.compactMap { item in
        let element = DirectoryElement.sqlGranter(item.schema, item.entry.key)
        return unknownGroup(item.entry, rule, element, content)
      }
  }

  private static func unknownGroup(
    _ entry: DirectoryContent.Entry,
    _ rule: String,
    _ element: String,
    _ content: DirectoryContent
  ) -> DirectoryFinding? {
    guard entry.value != "*", !entry.value.isEmpty, content.groupNames.find(entry.value) == .none
    else { return nil }
    return DirectoryFinding(
      rule,
      element,
      about: DirectoryElement.group(entry.value),
      line: entry.line,
      "\(entry.key) names the group \(entry.value), which does not exist: "
        + "name another, \"*\" for everyone or \"\" for nobody"
    )
  }
}
